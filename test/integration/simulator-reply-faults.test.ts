import { afterEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '#main/simulator/manual-clock.ts'
import type { FaultInput } from '#main/simulator/scenario/fault-schema.ts'
import { type Simulator, startSimulator } from '#main/simulator/simulator.ts'
import {
  ANSWER_HEAD,
  ANSWER_ROWS,
  at,
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

/** A simulator with these faults and a client that is logged in. */
async function struck(...faults: readonly FaultInput[]): Promise<void> {
  clock = manualClock(NOW_MS)
  simulator = await startSimulator({
    market: fixedMarket({ SPY: MINUTES, AAPL: MINUTES }),
    clock,
    scenario: { name: 'test', faults: [...faults] },
  })
  client = await startedClient(simulator.port, 'v100..193', 7)
}

const HMDS = 'Historical Market Data Service error message:'

describe('an error for a request that is right', () => {
  it.each([
    ['pacingViolation', `162|${HMDS}Historical data request pacing violation`],
    ['noData', `162|${HMDS}HMDS query returned no data: SPY@SMART Trades`],
    ['queryCancelled', `162|${HMDS}API historical data query cancelled: 5`],
    ['differentIp', `162|${HMDS}Trading TWS session is connected from a different IP address`],
    ['invalidStep', `162|${HMDS}invalid step: 1 min`],
    ['noPermission', `162|${HMDS}No market data permissions for ARCA STK`],
    ['processingError', "322|Error processing request.-'bM' : cause - The request cannot be processed now"],
    ['unknownId', '366|No historical data query found for ticker id:5'],
  ] as const)('%s', async (meaning, error) => {
    await struck({ kind: 'historicalError', meaning })
    client.send(historicalRequest(5))
    expect(await client.text()).toBe(`4|2|5|${error}||`)
    expect(simulator.faultsInjected).toEqual([
      { kind: 'historicalError', atMs: NOW_MS, connection: 1, reqId: 5, symbol: 'SPY' },
    ])
    // Once: the same request is served afterwards.
    client.send(historicalRequest(5))
    expect(await client.text()).toBe(wholeAnswer(5))
  })

  it('is no violation of the client when it claims one', async () => {
    await struck({ kind: 'historicalError', meaning: 'pacingViolation' })
    client.send(historicalRequest(5))
    await client.text()
    expect(simulator.violations).toEqual([
      { atMs: NOW_MS, rule: 'tenMinuteWindow', clientId: 7, reqId: 5, injected: true },
    ])
  })
})

describe('an answer that is cut off', () => {
  it('after some bytes', async () => {
    await struck({ kind: 'dropMidResponse', bytes: 50 })
    client.send(historicalRequest(1))
    expect(await client.closed()).toEqual(frame(wholeAnswer(1)).subarray(0, 50))
  })

  it('after some bars', async () => {
    await struck({ kind: 'dropAfterBars', bars: 2 })
    client.send(historicalRequest(1))
    const sent = await client.closed()
    expect(sent.subarray(0, 4)).toEqual(frame(wholeAnswer(1)).subarray(0, 4))
    expect(sent.subarray(4)).toEqual(frame(`${ANSWER_HEAD(1)}|3|${ANSWER_ROWS[0]}${ANSWER_ROWS[1]}`).subarray(4))
  })

  it('inside a bar although its length fits', async () => {
    await struck({ kind: 'truncatedFields' })
    client.send(historicalRequest(1))
    const lastRow = ANSWER_ROWS[2].slice(0, Math.floor(ANSWER_ROWS[2].length / 2))
    expect(await client.frame()).toEqual(frame(`${ANSWER_HEAD(1)}|3|${ANSWER_ROWS[0]}${ANSWER_ROWS[1]}${lastRow}`))
    await fence(client)
  })
})

describe('an answer that is well formed and wrong', () => {
  it('has the first bars only', async () => {
    await struck({ kind: 'truncatedBars', bars: 1 })
    client.send(historicalRequest(1))
    expect(await client.text()).toBe(`${ANSWER_HEAD(1)}|1|${ANSWER_ROWS[0]}`)
  })

  it('has its last bars twice', async () => {
    await struck({ kind: 'repeatedBars', bars: 2 })
    client.send(historicalRequest(1))
    expect(await client.text()).toBe(`${ANSWER_HEAD(1)}|5|${ANSWER_ROWS.join('')}${ANSWER_ROWS[1]}${ANSWER_ROWS[2]}`)
  })

  it('has the bars of another week under the range that was asked for', async () => {
    await struck({ kind: 'wrongRange', days: -7 })
    // Tuesday 2024-07-09 is asked for; a week before is the session there is.
    await clock.advance((at('2024-07-10T12:00:00Z') - NOW_MS / 1000) * 1000)
    client.send(historicalRequest(1, { end: '20240709-20:00:00' }))
    expect(await client.text()).toBe(
      `17|1|20240708 16:00:00 US/Eastern|20240709 16:00:00 US/Eastern|3|${ANSWER_ROWS.join('')}`,
    )
  })

  it.each([
    ['whole', wholeAnswer(1)],
    ['end', `${ANSWER_HEAD(1)}|0|`],
  ] as const)('comes twice: %s', async (what, second) => {
    await struck({ kind: 'duplicateReply', what })
    client.send(historicalRequest(1))
    expect(await client.text()).toBe(wholeAnswer(1))
    expect(await client.text()).toBe(second)
  })
})

describe('an answer at another time', () => {
  it('comes late, and does not hold up the one behind it', async () => {
    await struck({ kind: 'slowReply', delayMs: 30_000 })
    client.send(historicalRequest(1))
    client.send(historicalRequest(2))
    expect(await client.text()).toBe(wholeAnswer(2))
    await clock.advance(29_999)
    await fence(client)
    await clock.advance(1)
    expect(await client.text()).toBe(wholeAnswer(1))
  })

  it('comes after that to the next request', async () => {
    await struck({ kind: 'reorderedReply' })
    client.send(historicalRequest(1))
    await fence(client)
    client.send(historicalRequest(2))
    expect(await client.text()).toBe(wholeAnswer(2))
    expect(await client.text()).toBe(wholeAnswer(1))
    expect(clock.timers).toBe(0)
  })

  it('does not wait for a next request for ever', async () => {
    await struck({ kind: 'reorderedReply', atMostMs: 4000 })
    client.send(historicalRequest(1))
    await fence(client)
    await clock.advance(4000)
    expect(await client.text()).toBe(wholeAnswer(1))
  })

  it('does not come when it is taken back while it waits', async () => {
    await struck({ kind: 'slowReply', delayMs: 1000 })
    client.send(Buffer.concat([historicalRequest(1), frame('25|1|1|')]))
    expect(await client.text()).toBe(`4|2|1|162|${HMDS}API historical data query cancelled: 1||`)
    await clock.advance(5000)
    await fence(client)
  })
})

describe('bytes that are no message', () => {
  it('come before the answer: random ones in a frame of the right length', async () => {
    await struck({ kind: 'garbageFrame', bytes: 40 })
    client.send(historicalRequest(1))
    const garbage = await client.frame()
    expect(garbage.length).toBe(44)
    expect(garbage[43]).toBe(0)
    expect(await client.text()).toBe(wholeAnswer(1))
  })

  it('are the same for the same seed', async () => {
    const seen: Buffer[] = []
    for (let run = 0; run < 2; run++) {
      await struck({ kind: 'garbageFrame' })
      client.send(historicalRequest(1))
      seen.push(await client.frame())
      if (run === 0) await simulator.stop()
    }
    expect(seen[0]).toEqual(seen[1])
  })

  it.each([
    [0, '00000000'],
    [-1, 'ffffffff'],
    [0x7fff_ffff, '7fffffff'],
  ])('come before the answer: a length of %i', async (length, hex) => {
    await struck({ kind: 'invalidLength', length })
    client.send(historicalRequest(1))
    expect((await client.bytes(4)).toString('hex')).toBe(hex)
    expect(await client.text()).toBe(wholeAnswer(1))
  })

  it('claim fifteen megabytes and dribble', async () => {
    await struck({ kind: 'oversizedFrame', step: 10, everyMs: 1000 })
    client.send(historicalRequest(1))
    expect(await client.bytes(14)).toEqual(Buffer.concat([Buffer.from('00f00000', 'hex'), Buffer.alloc(10, '0')]))
    await clock.advance(2000)
    expect(await client.bytes(20)).toEqual(Buffer.alloc(20, '0'))
    // Nothing else comes any more.
    client.send(frame('49|1|'))
    await clock.advance(1000)
    expect(await client.bytes(10)).toEqual(Buffer.alloc(10, '0'))
  })
})
