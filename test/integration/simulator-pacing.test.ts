import { afterEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '#main/simulator/manual-clock.ts'
import type { PacingOption } from '#main/simulator/pacing/pacing-limits.ts'
import { type Simulator, startSimulator } from '#main/simulator/simulator.ts'
import {
  fence,
  fixedMarket,
  frame,
  historicalRequest,
  MINUTES,
  NOW_MS,
  type RawClient,
  startedClient,
  wholeAnswer,
} from './simulator-fixtures.ts'

let simulator: Simulator
let clock: ManualClock
let client: RawClient

afterEach(async () => {
  await simulator.stop()
})

async function paced(pacing: PacingOption): Promise<void> {
  clock = manualClock(NOW_MS)
  simulator = await startSimulator({ market: fixedMarket({ SPY: MINUTES, AAPL: MINUTES }), clock, pacing })
  client = await startedClient(simulator.port, 'v100..193', 5)
  // The login is one of the messages of its second.
  await clock.advance(1000)
}

/** A request for small bars that differs from the others by its end; one bar comes back. */
const small = (reqId: number, fields: { symbol?: string; what?: string; exchange?: string } = {}): Buffer =>
  historicalRequest(reqId, {
    end: `20240702-13:30:${String(reqId % 60).padStart(2, '0')}`,
    size: '30 secs',
    duration: '3600 S',
    ...fields,
  })

const VIOLATION = 'Historical Market Data Service error message:Historical data request pacing violation'

/** What a request is answered with: `bars`, or the text of an error. */
async function answerTo(request: Buffer): Promise<string> {
  client.send(request)
  const fields = (await client.text()).split('|')
  return fields[0] === '17' ? 'bars' : fields[3] + (fields[4] === VIOLATION ? ' pacing' : ` ${fields[4]}`)
}

const rules = (): string[] => simulator.violations.map(({ rule }) => rule)

describe('small bars', () => {
  it('may not be asked for again within 15 seconds', async () => {
    await paced('enforce')
    expect(await answerTo(small(1))).toBe('bars')
    await clock.advance(14_999)
    expect(await answerTo(small(1))).toBe('162 pacing')
    expect(simulator.violations).toEqual([
      { atMs: NOW_MS + 15_999, rule: 'identicalRequest', clientId: 5, reqId: 1, injected: false },
    ])
    await clock.advance(15_000)
    expect(await answerTo(small(1))).toBe('bars')
  })

  it('may be asked for five times in two seconds, not six; other series do not count', async () => {
    await paced('enforce')
    for (let reqId = 1; reqId <= 5; reqId++) expect(await answerTo(small(reqId))).toBe('bars')
    expect(await answerTo(small(6, { symbol: 'AAPL' }))).toBe('bars')
    expect(await answerTo(small(7, { what: 'MIDPOINT' }))).toBe('bars')
    expect(await answerTo(small(8, { exchange: 'ARCA' }))).toBe('bars')
    expect(await answerTo(small(9))).toBe('162 pacing')
    expect(rules()).toEqual(['sameContractBurst'])
    await clock.advance(2000)
    expect(await answerTo(small(10))).toBe('bars')
  })

  it('may be asked for sixty times in ten minutes, and BID_ASK counts twice', async () => {
    await paced('enforce')
    for (let reqId = 1; reqId <= 58; reqId++) {
      await clock.advance(1000)
      expect(await answerTo(small(reqId))).toBe('bars')
    }
    await clock.advance(1000)
    expect(await answerTo(small(59, { what: 'BID_ASK' }))).toBe('bars')
    expect(await answerTo(small(60))).toBe('162 pacing')
    expect(rules()).toEqual(['tenMinuteWindow'])
  })

  it('are counted over all clients', async () => {
    await paced({ windowRequests: 1 })
    expect(await answerTo(small(1))).toBe('bars')
    client = await startedClient(simulator.port, 'v100..193', 6)
    expect(await answerTo(small(2))).toBe('162 pacing')
    expect(simulator.violations[0].clientId).toBe(6)
  })

  it('may be asked for at will when nothing is enforced', async () => {
    await paced('off')
    for (let n = 0; n < 70; n++) expect(await answerTo(small(1))).toBe('bars')
    expect(simulator.violations).toEqual([])
  })
})

it('head time stamps are paced as small bars are', async () => {
  await paced('enforce')
  const head = (reqId: number): Buffer => frame(`87|${reqId}|756733|SPY|STK|||||SMART||USD||||1|TRADES|2|`)
  client.send(head(1))
  expect(await client.text()).toBe('88|1|1719927000|')
  client.send(Buffer.concat([frame('90|1|'), head(2)]))
  expect(await client.text()).toBe(`4|2|2|162|${VIOLATION}||`)
})

describe('larger bars', () => {
  it('have no hard limit', async () => {
    await paced('enforce')
    for (let n = 0; n < 30; n++) expect(await answerTo(historicalRequest(1))).toBe('bars')
    expect(simulator.violations).toEqual([])
  })

  it('come later the more of them are asked for', async () => {
    await paced({ softRequests: 1, softDelayMs: 200 })
    client.send(Buffer.concat([historicalRequest(1), historicalRequest(2), historicalRequest(3)]))
    expect(await client.text()).toBe(wholeAnswer(1))
    await fence(client)
    await clock.advance(200)
    expect(await client.text()).toBe(wholeAnswer(2))
    await clock.advance(200)
    expect(await client.text()).toBe(wholeAnswer(3))
    expect(simulator.violations).toEqual([])
  })

  it('end the connection when they are abused', async () => {
    await paced({ abuseRequests: 1 })
    expect(await answerTo(historicalRequest(1))).toBe('bars')
    client.send(historicalRequest(2))
    expect((await client.closed()).length).toBe(0)
    expect(rules()).toEqual(['abuse'])
  })
})

it('more open requests than allowed are refused, those that stay open included', async () => {
  await paced({ openRequests: 2 })
  client.send(frame('87|1|756733|SPY|STK|||||SMART||USD||||1|TRADES|2|'))
  expect(await client.text()).toBe('88|1|1719927000|')
  client.send(historicalRequest(2, { keepUpToDate: 1 }))
  expect(await client.text()).toMatch(/^17\|2\|/)
  client.send(historicalRequest(3))
  expect(await client.text()).toBe(
    "4|2|3|322|Error processing request.-'bM' : cause - Only 2 simultaneous API historical data requests allowed.||",
  )
  expect(rules()).toEqual(['openRequests'])
  client.send(Buffer.concat([frame('90|1|'), historicalRequest(3)]))
  expect(await client.text()).toBe(wholeAnswer(3))
})

describe('messages', () => {
  const many = (count: number): Buffer => Buffer.concat(Array<Buffer>(count).fill(frame('49|1|')))

  it('over the limit are not carried out, and the third time ends the connection', async () => {
    await paced('enforce')
    for (const strike of [1, 2, 3]) {
      client.send(many(51))
      for (let answer = 0; answer < 50; answer++) expect(await client.text()).toMatch(/^49\|1\|/)
      expect(await client.text()).toBe(
        `4|2|${strike}|100|Max rate of messages per second has been exceeded:max=50 rec=51 (${strike})||`,
      )
      await clock.advance(1000)
    }
    expect((await client.closed()).length).toBe(0)
    expect(simulator.violations.map(({ rule, clientId, reqId }) => [rule, clientId, reqId])).toEqual([
      ['messageRate', 5, null],
      ['messageRate', 5, null],
      ['messageRate', 5, null],
    ])
  })

  it('up to the limit pass second after second', async () => {
    await paced('enforce')
    for (let second = 0; second < 5; second++) {
      client.send(many(50))
      for (let answer = 0; answer < 50; answer++) await client.frame()
      await clock.advance(1000)
    }
    expect(simulator.violations).toEqual([])
  })

  it('over the limit wait silently where TWS is set so', async () => {
    await paced({ messageOverflow: 'queue', messages: 10 })
    client.send(many(25))
    for (let answer = 0; answer < 10; answer++) expect(await client.text()).toBe('49|1|1720008001|')
    await clock.advance(1000)
    for (let answer = 0; answer < 10; answer++) expect(await client.text()).toBe('49|1|1720008002|')
    await clock.advance(1000)
    for (let answer = 0; answer < 5; answer++) expect(await client.text()).toBe('49|1|1720008003|')
    expect(rules()).toEqual(['messageRate'])
  })
})
