import { afterEach, expect, it } from 'vitest'
import { readScenario } from '#main/cli/scenario-file.ts'
import type { Scenario } from '#main/simulator/scenario/scenario-schema.ts'
import { type Simulator, startSimulator } from '#main/simulator/simulator.ts'
import { fixedMarket, frame, hello, historicalRequest, RawClient, type Row, XNYS } from './simulator-fixtures.ts'

let simulator: Simulator

afterEach(async () => {
  await simulator.stop()
})

const SESSIONS = XNYS.sessionsBetween('2024-05-01', '2024-06-28')

/** Every minute of the sessions, no two alike. */
const ROWS: readonly Row[] = SESSIONS.flatMap(({ openTs, closeTs }, day) =>
  Array.from({ length: (closeTs - openTs) / 60 }, (_, i): Row => {
    const price = 100 + day + i / 100
    return [openTs + i * 60, price, price, price, price, 100 + i, price, 1 + day]
  }),
)

/** How much faster than in life the night passes here. */
const FASTER = 100

/** How long the client waits for anything: longer than what is only slow, shorter than for ever. */
const PATIENCE_MS = 400

function hastened(scenario: Scenario): Scenario {
  const keys = new Set(['forMs', 'downMs', 'delayMs', 'atMostMs', 'afterMs', 'everyMs'])
  const text = JSON.stringify(scenario, (key, value: unknown) =>
    keys.has(key) && typeof value === 'number' ? Math.max(1, Math.round(value / FASTER)) : value,
  )
  return JSON.parse(text) as Scenario
}

/** What `promise` gives, or a rejection when it takes too long. */
async function patiently<T>(promise: Promise<T>): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('no answer')), PATIENCE_MS)
  try {
    return await Promise.race([promise, tooLate])
  } finally {
    clearTimeout(timer)
    // The loser may still fail when its connection closes.
    promise.catch(() => undefined)
  }
}

/** A client as a user would write it on a bad day: connects until it works, asks until the answer is what it must be. */
class StubbornClient {
  #client: RawClient | null = null
  #reqId = 0
  connections = 0

  /** The rows of a session as text, each minute of it once. */
  async session(openTs: number, closeTs: number): Promise<string[]> {
    for (;;) {
      try {
        this.#client ??= await this.#connect()
        const rows = await this.#ask(this.#client, closeTs)
        const isComplete =
          rows.length === (closeTs - openTs) / 60 && rows.every((row, i) => row.startsWith(`${openTs + i * 60}|`))
        if (isComplete) return rows
      } catch {
        this.#client?.socket.destroy()
        this.#client = null
      }
    }
  }

  async #connect(): Promise<RawClient> {
    const client = await RawClient.connect(simulator.port)
    this.connections++
    try {
      client.send(Buffer.concat([hello('v100..193'), frame(`71|2|${this.connections}||`)]))
      await patiently(client.frame())
      const first = await patiently(client.text())
      if (!first.startsWith('15|')) throw new Error(first)
      return client
    } catch (thrown) {
      client.socket.destroy()
      throw thrown
    }
  }

  /** One request; an empty list when it ends in an error. Messages that belong to no request or another are passed over. */
  async #ask(client: RawClient, closeTs: number): Promise<string[]> {
    const reqId = ++this.#reqId
    const end = new Date(closeTs * 1000).toISOString().slice(0, 19).replaceAll('-', '').replace('T', '-')
    client.send(historicalRequest(reqId, { end }))
    for (;;) {
      const fields = (await patiently(client.text())).split('|')
      if (fields[0] === '4' && fields[2] === String(reqId)) return []
      if (fields[0] !== '17' || fields[1] !== String(reqId)) continue
      const count = Number(fields[4])
      return Array.from({ length: count }, (_, i) => fields.slice(5 + i * 8, 13 + i * 8).join('|'))
    }
  }
}

it('a rough night can be lived through: in the end every bar is there and right', async () => {
  const scenario = hastened(readScenario('rough-night'))
  simulator = await startSimulator({
    market: fixedMarket({ SPY: ROWS }),
    nowMs: () => Date.parse('2024-07-01T12:00:00Z'),
    scenario,
  })
  const client = new StubbornClient()
  const got: string[] = []
  for (const { openTs, closeTs } of SESSIONS) got.push(...(await client.session(openTs, closeTs)))
  expect(got).toEqual(
    ROWS.map(([ts, price, , , , volume, , count]) => {
      const text = price.toFixed(2)
      return `${ts}|${text}|${text}|${text}|${text}|${volume}|${Number(text)}|${count}`
    }),
  )
  // All of it happened.
  expect(new Set(simulator.faultsInjected.map(({ kind }) => kind))).toEqual(
    new Set(scenario.faults.map(({ kind }) => kind)),
  )
  expect(client.connections).toBeGreaterThan(5)
})
