import { afterEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '#main/simulator/manual-clock.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '#main/simulator/simulator.ts'
import {
  fence,
  fixedMarket,
  frame,
  historicalRequest,
  OPEN,
  type RawClient,
  type Row,
  startedClient,
  until,
} from './simulator-fixtures.ts'

/** Two minutes whose path is easy: the first rises (low, then high), the second is flat. */
const LIVE_MINUTES: readonly Row[] = [
  [OPEN, 100, 101.2, 99.4, 100.6, 600, 100.2, 60],
  [OPEN + 60, 100.6, 100.6, 100.6, 100.6, 120, 100.6, 12],
  [OPEN + 120, 101, 101, 101, 101, 60, 101, 6],
]

let simulator: Simulator
let clock: ManualClock
let client: RawClient

afterEach(async () => {
  await simulator.stop()
})

/** A simulator whose clock stands so many seconds after the open, and a client that is logged in. */
async function startAt(seconds: number, overrides: Partial<SimulatorOptions> = {}): Promise<void> {
  clock = manualClock((OPEN + seconds) * 1000)
  simulator = await startSimulator({ market: fixedMarket({ SPY: LIVE_MINUTES }), clock, ...overrides })
  client = await startedClient(simulator.port, 'v100..193', 3)
}

const live = (reqId: number, what = 'TRADES'): Buffer =>
  historicalRequest(reqId, { keepUpToDate: 1, duration: '60 S', what })

describe('bars that are kept up to date', () => {
  it('begin with the bars so far and repeat the one in progress until it is over', async () => {
    await startAt(40)
    client.send(live(8))
    // Two thirds of a rising minute: it has been at its low and is at its high.
    expect(await client.text()).toBe(
      '17|8|20240702 09:29:40 US/Eastern|20240702 09:30:40 US/Eastern|1|1719927000|100.00|101.20|99.40|101.20|400|100.2|40|',
    )
    await clock.advance(5000)
    // 45 s: a quarter of the last leg, from 101.2 to 100.6. Order: count, time, open, close, high, low, average, volume.
    expect(await client.text()).toBe('90|8|45|1719927000|100.00|101.05|101.20|99.40|100.2|450|')
    await clock.advance(5000)
    expect(await client.text()).toBe('90|8|50|1719927000|100.00|100.90|101.20|99.40|100.2|500|')
    await clock.advance(10_000)
    expect(await client.text()).toBe('90|8|55|1719927000|100.00|100.75|101.20|99.40|100.2|550|')
    expect(await client.text()).toBe('90|8|60|1719927000|100.00|100.60|101.20|99.40|100.2|600|')
    await clock.advance(5000)
    expect(await client.text()).toBe('90|8|1|1719927060|100.60|100.60|100.60|100.60|100.6|10|')
  })

  it('tell the end of a bar before the next one when an update falls between', async () => {
    await startAt(57)
    client.send(live(8))
    await client.frame()
    await clock.advance(5000)
    expect(await client.text()).toBe('90|8|60|1719927000|100.00|100.60|101.20|99.40|100.2|600|')
    expect(await client.text()).toBe('90|8|1|1719927060|100.60|100.60|100.60|100.60|100.6|4|')
  })

  it('come in the period that was asked for, and say nothing while nothing trades', async () => {
    await startAt(170, { updatePeriodMs: 4000 })
    client.send(historicalRequest(1, { keepUpToDate: 1, duration: '1 D' }))
    await client.frame()
    await clock.advance(4000)
    expect(await client.text()).toMatch(/^90\|1\|5\|1719927120\|/)
    await clock.advance(8000)
    expect(await client.text()).toMatch(/^90\|1\|5\|1719927120\|/)
    expect(await client.text()).toMatch(/^90\|1\|6\|1719927120\|101\.00\|101\.00\|101\.00\|101\.00\|101\|60\|$/)
    // After 09:33 there is no minute with trades.
    await clock.advance(60_000)
    await fence(client)
  })

  it('have no volume, average or count for quotes', async () => {
    await startAt(70)
    for (const [reqId, what] of [
      [1, 'MIDPOINT'],
      [2, 'BID'],
      [3, 'ASK'],
    ] as const) {
      client.send(live(reqId, what))
      await client.frame()
    }
    await clock.advance(5000)
    expect(await client.text()).toBe('90|1|-1|1719927060|100.60|100.60|100.60|100.60|-1|-1|')
    expect(await client.text()).toBe('90|2|-1|1719927060|100.59|100.59|100.59|100.59|-1|-1|')
    expect(await client.text()).toBe('90|3|-1|1719927060|100.61|100.61|100.61|100.61|-1|-1|')
  })

  it('end when they are cancelled', async () => {
    await startAt(10)
    client.send(live(8))
    await client.frame()
    client.send(frame('25|1|8|'))
    expect(await client.text()).toBe(
      '4|2|8|162|Historical Market Data Service error message:API historical data query cancelled: 8||',
    )
    await clock.advance(20_000)
    await fence(client)
    client.send(frame('25|1|8|'))
    expect(await client.text()).toBe('4|2|8|366|No historical data query found for ticker id:8||')
  })

  it('cannot share their id with another request', async () => {
    await startAt(10)
    client.send(live(8))
    await client.frame()
    client.send(live(8))
    expect(await client.text()).toMatch(/^4\|2\|8\|322\|.*Duplicate ticker ID/)
  })

  it.each([
    ['BID_ASK', '1 min', 'BID_ASK cannot be kept up to date'],
    ['TRADES', '1 secs', 'Bars of 1 secs cannot be kept up to date'],
    ['TRADES', '1 day', 'Bars of 1 day cannot be kept up to date'],
  ])('are not there for %s of %s', async (what, size, cause) => {
    await startAt(10)
    client.send(historicalRequest(8, { keepUpToDate: 1, what, size }))
    expect(await client.text()).toBe(`4|2|8|321|Error validating request.-'bM' : cause - ${cause}||`)
  })

  it('die with error 10225 and can be asked for again', async () => {
    await startAt(5, { scenario: { name: 'bust', faults: [{ kind: 'bustEvent', when: { afterMs: 7000 } }] } })
    client.send(live(8))
    await client.frame()
    await clock.advance(7000)
    expect(await client.text()).toMatch(/^90\|8\|/)
    expect(await client.text()).toBe(
      '4|2|8|10225|Bust event occurred, current subscription is deactivated. Please resubscribe real-time bars immediately.||',
    )
    await clock.advance(20_000)
    await fence(client)
    client.send(live(8))
    expect(await client.text()).toMatch(/^17\|8\|/)
  })

  it.each([
    [1101, false],
    [1102, true],
  ] as const)('are interrupted by a lost line; after %i they go on: %s', async (restored, goesOn) => {
    await startAt(5, {
      scenario: {
        name: 'lost',
        faults: [{ kind: 'connectivityLost', forMs: 12_000, restored, when: { afterMs: 1000 } }],
      },
    })
    client.send(live(8))
    await client.frame()
    await clock.advance(13_000)
    expect(await client.text()).toMatch(/^4\|2\|-1\|1100\|/)
    expect(await client.text()).toMatch(new RegExp(`^4\\|2\\|-1\\|${restored}\\|`))
    // 20 s after the open: the low.
    await clock.advance(2000)
    if (goesOn) expect(await client.text()).toBe('90|8|20|1719927000|100.00|99.40|100.00|99.40|100|200|')
    await fence(client)
  })
})

describe('real-time bars', () => {
  const realTime = (reqId: number, what = 'TRADES', symbol = 'SPY'): Buffer =>
    frame(`50|3|${reqId}||${symbol}|STK|||||SMART||USD|||5|${what}|1||`)

  it('come every five seconds on the clock, each after it has ended', async () => {
    await startAt(37)
    client.send(realTime(4))
    await fence(client)
    await clock.advance(3000)
    // 35 to 40 s: from 100.75 (three quarters from 99.4 to 101.2) up to the high; 5 of 60 trades, 50 of 600 shares.
    expect(await client.text()).toBe('50|3|4|1719927035|100.75|101.20|100.75|101.20|50|100.975|5|')
    await clock.advance(5000)
    expect(await client.text()).toBe('50|3|4|1719927040|101.20|101.20|101.05|101.05|50|101.125|5|')
    client.send(frame('51|1|4|'))
    await fence(client)
    await clock.advance(20_000)
    await fence(client)
  })

  it('show quotes without volume', async () => {
    await startAt(62)
    client.send(realTime(4, 'BID'))
    await fence(client)
    await clock.advance(3000)
    expect(await client.text()).toBe('50|3|4|1719927060|100.59|100.59|100.59|100.59|-1|-1|-1|')
  })

  it('are refused for what they cannot show and for contracts that are none', async () => {
    await startAt(0)
    client.send(realTime(4, 'BID_ASK'))
    expect(await client.text()).toMatch(/^4\|2\|4\|321\|.*What to show value of BID_ASK rejected\.\|\|$/)
    client.send(realTime(5, 'TRADES', 'NOPE'))
    expect(await client.text()).toMatch(/^4\|2\|5\|200\|/)
  })

  it('are paced with error 420', async () => {
    await startAt(0, { pacing: 'enforce' })
    client.send(realTime(4))
    client.send(frame('51|1|4|'))
    client.send(realTime(4))
    expect(await client.text()).toBe('4|2|4|420|Invalid Real-time Query:Historical data request pacing violation||')
    expect(simulator.violations).toEqual([
      { atMs: OPEN * 1000, rule: 'identicalRequest', clientId: 3, reqId: 4, injected: false },
    ])
  })

  it('stop with their connection', async () => {
    await startAt(0)
    client.send(realTime(4))
    await fence(client)
    client.socket.destroy()
    await client.closed()
    await until(() => simulator.connections === 0)
    expect(clock.timers).toBe(0)
  })
})
