import { describe, expect, it } from 'vitest'
import { manualClock } from '#main/simulator/manual-clock.ts'
import { FaultEngine } from '#main/simulator/scenario/fault-engine.ts'
import type { FaultInput, ServerFault } from '#main/simulator/scenario/fault-schema.ts'
import { parseFault, parseScenario } from '#main/simulator/scenario/parse-scenario.ts'

const clock = manualClock(0)

/** An engine with these faults, and the server faults it has carried out. */
function engineOf(...faults: readonly FaultInput[]): { engine: FaultEngine; carriedOut: ServerFault['kind'][] } {
  const carriedOut: ServerFault['kind'][] = []
  const engine = new FaultEngine(clock, ({ kind }) => void carriedOut.push(kind))
  engine.load(parseScenario({ name: 'test', faults: [...faults] }))
  return { engine, carriedOut }
}

/** Which of so many requests in a row are struck, from 1. */
function struckRequests(engine: FaultEngine, symbols: readonly string[], connection = 1): number[] {
  return symbols.flatMap((symbol, i) =>
    engine.onRequest({ connection, reqId: i + 1, symbol }).length > 0 ? [i + 1] : [],
  )
}

const SIX = Array<string>(6).fill('SPY')

describe('the trigger of a fault', () => {
  it.each<readonly [string, Pick<FaultInput, 'when' | 'times'>, readonly number[]]>([
    ['nothing: the next request', {}, [1]],
    ['a number of times', { times: 3 }, [1, 2, 3]],
    ['the Nth request', { when: { request: 4 } }, [4]],
    ['the Nth request and those after it', { when: { request: 4 }, times: 2 }, [4, 5]],
    ['every Nth request', { when: { every: 2 } }, [2, 4, 6]],
    ['every Nth request, at most K times', { when: { every: 2 }, times: 2 }, [2, 4]],
  ])('may be %s', (_what, trigger, expected) => {
    const { engine } = engineOf({ kind: 'truncatedFields', ...trigger })
    expect(struckRequests(engine, SIX)).toEqual(expected)
  })

  it('may count the requests for one symbol', () => {
    const { engine } = engineOf({ kind: 'truncatedFields', when: { request: 2, symbol: 'AAPL' } })
    expect(struckRequests(engine, ['SPY', 'AAPL', 'SPY', 'AAPL', 'AAPL'])).toEqual([4])
  })

  it('may count the requests of one connection', () => {
    const { engine } = engineOf({ kind: 'truncatedFields', when: { connection: 2 } })
    expect(struckRequests(engine, SIX, 1)).toEqual([])
    expect(struckRequests(engine, SIX, 2)).toEqual([1])
  })

  it('counts requests over all connections', () => {
    const { engine } = engineOf({ kind: 'truncatedFields', when: { request: 3 } })
    expect(engine.onRequest({ connection: 1, reqId: 1, symbol: 'SPY' })).toEqual([])
    expect(engine.onRequest({ connection: 2, reqId: 1, symbol: 'SPY' })).toEqual([])
    expect(engine.onRequest({ connection: 3, reqId: 1, symbol: 'SPY' }).map(({ kind }) => kind)).toEqual([
      'truncatedFields',
    ])
  })

  it('counts from the moment it may strike', async () => {
    const { engine } = engineOf({ kind: 'truncatedFields', when: { afterMs: 100, request: 2 } })
    expect(struckRequests(engine, SIX)).toEqual([])
    await clock.advance(100)
    expect(struckRequests(engine, SIX)).toEqual([2])
  })

  it('lets several faults strike one request, in their order', () => {
    const { engine } = engineOf({ kind: 'slowReply', delayMs: 5 }, { kind: 'truncatedFields' })
    const struck = engine.onRequest({ connection: 1, reqId: 1, symbol: 'SPY' })
    expect(struck.map(({ kind }) => kind)).toEqual(['slowReply', 'truncatedFields'])
  })

  it('strikes connections and logins by their number', () => {
    const { engine } = engineOf(
      { kind: 'refuse', when: { connection: 2 }, times: 2 },
      { kind: 'clientIdInUse', clientId: 4 },
    )
    const refused = [1, 2, 3, 4].filter((connection) => engine.onConnection(connection).length > 0)
    expect(refused).toEqual([2, 3])
    expect([engine.onLogin(4, 3), engine.onLogin(4, 4), engine.onLogin(4, 4)]).toEqual([false, true, false])
  })

  it('strikes the server at once, by the clock, at a connection or at a request', async () => {
    const { engine, carriedOut } = engineOf(
      { kind: 'serverBroken' },
      { kind: 'disconnect', when: { afterMs: 50 } },
      { kind: 'restart', downMs: 1, when: { connection: 1 } },
      { kind: 'portChanged', when: { request: 1 } },
    )
    expect(carriedOut).toEqual(['serverBroken'])
    engine.onRequest({ connection: 1, reqId: 1, symbol: 'SPY' })
    expect(carriedOut).toEqual(['serverBroken', 'portChanged'])
    engine.onConnection(1)
    expect(carriedOut).toEqual(['serverBroken', 'portChanged', 'restart'])
    await clock.advance(50)
    expect(carriedOut).toEqual(['serverBroken', 'portChanged', 'restart', 'disconnect'])
  })

  it('is forgotten when another scenario is loaded', async () => {
    const { engine, carriedOut } = engineOf(
      { kind: 'disconnect', when: { afterMs: 50 } },
      { kind: 'truncatedFields', when: { every: 1 } },
    )
    engine.load(parseScenario({ name: 'calm' }))
    await clock.advance(100)
    expect(carriedOut).toEqual([])
    expect(struckRequests(engine, SIX)).toEqual([])
  })
})

describe('a scenario that is none', () => {
  it.each([
    [{ faults: [] }, 'scenario.name'],
    [{ name: 'x', faults: [{ kind: 'explode' }] }, 'scenario.faults[0].kind'],
    [{ name: 'x', faults: [{ kind: 'freeze' }, { kind: 'slowReply' }] }, 'scenario.faults[1].delayMs'],
    [{ name: 'x', faults: [{ kind: 'refuse', when: { request: 0 } }] }, 'scenario.faults[0].when.request'],
    [{ name: 'x', symbols: { SPY: 'gone' } }, 'scenario.symbols.SPY'],
  ])('is refused by the key that is wrong: %j', (content, key) => {
    expect(() => parseScenario(content)).toThrow(key)
  })

  it('may leave out what has a usual value', () => {
    expect(parseFault({ kind: 'wrongRange' })).toEqual({ kind: 'wrongRange', days: -7 })
    expect(parseScenario({ name: 'x' })).toEqual({ name: 'x', description: '', seed: 1, symbols: {}, faults: [] })
  })
})
