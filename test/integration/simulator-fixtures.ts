import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { allocateBars, type BarColumns } from '#shared/bars.ts'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { stockInstrument } from '#main/simulator/contracts/instrument.ts'
import type { Market } from '#main/simulator/simulator.ts'

export const XNYS: TradingCalendar = loadCalendar('XNYS', ['data/calendars'])

/** ts, open, high, low, close, volume, average, count */
export type Row = readonly [number, number, number, number, number, number, number, number]

export function barsOf(rows: readonly Row[]): BarColumns {
  const bars = allocateBars(rows.length)
  rows.forEach((row, i) => {
    ;[bars.ts[i], bars.open[i], bars.high[i], bars.low[i], bars.close[i]] = row
    ;[, , , , , bars.volume[i], bars.vwap[i], bars.tradeCount[i]] = row
  })
  return bars
}

/** Epoch seconds of an ISO time. */
export const at = (iso: string): number => Date.parse(iso) / 1000

/** 2024-07-02 is a Tuesday in New York summer time: the session opens at 13:30 UTC. */
export const OPEN = at('2024-07-02T13:30:00Z')

/** The first two minutes of that session and its last. */
export const MINUTES: readonly Row[] = [
  [OPEN, 545.5, 545.75, 545.25, 545.7, 1000, 545.6, 10],
  [OPEN + 60, 545.7, 546, 545.7, 545.99, 2000, 545.85, 20],
  [OPEN + 389 * 60, 549, 549.01, 548.98, 549.01, 30_000, 549, 111],
]

/** Wednesday 2024-07-03, 08:00 in New York. */
export const NOW_MS = Date.parse('2024-07-03T12:00:00Z')

/**
 * A market of exactly these bars. `useRth` leaves those whose time is within the session; the rest is the server's business.
 */
export function fixedMarket(bySymbol: Readonly<Record<string, readonly Row[]>>): Market {
  return {
    instruments: () => Object.keys(bySymbol).map(stockInstrument),
    calendar: () => XNYS,
    headTs: async (symbol) => bySymbol[symbol][0]?.[0] ?? null,
    minuteBars: async (symbol, fromTs, toTs, useRth) =>
      barsOf(
        bySymbol[symbol].filter(([ts]) => {
          const session = XNYS.sessionOfInstant(ts)
          const isRegular = session !== null && ts >= session.openTs && ts < session.closeTs
          return ts >= fromTs && ts < toTs && (isRegular || !useRth)
        }),
      ),
    faults: [],
  }
}

/** A frame by hand: big-endian length and the text, in which `|` stands for the NUL that ends a field. */
export function frame(text: string): Buffer {
  const body = Buffer.from(text.replaceAll('|', '\0'), 'utf8')
  const bytes = Buffer.alloc(4 + body.length)
  bytes.writeInt32BE(body.length, 0)
  body.copy(bytes, 4)
  return bytes
}

/** The first bytes of a client: `API`, NUL, and the length-prefixed version text, which no NUL ends. */
export function hello(versions: string): Buffer {
  return Buffer.concat([Buffer.from('API\0'), frame(versions)])
}

/** A client without any library: bytes out, frames in. */
export class RawClient {
  readonly socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #wake: () => void = () => undefined
  isClosed = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    socket.on('error', () => this.#wake())
    socket.on('close', () => {
      this.isClosed = true
      this.#wake()
    })
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    const client = new RawClient(socket)
    await once(socket, 'connect')
    return client
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  /** Bytes that have come and were not taken. */
  get pendingBytes(): number {
    return this.#received.length
  }

  /** The next `count` bytes, waiting for them. */
  async bytes(count: number): Promise<Buffer> {
    await this.#until(() => this.#received.length >= count)
    const taken = this.#received.subarray(0, count)
    this.#received = this.#received.subarray(count)
    return taken
  }

  /** The next frame, its length prefix included. */
  async frame(): Promise<Buffer> {
    await this.#until(() => this.#received.length >= 4)
    return this.bytes(4 + this.#received.readUInt32BE(0))
  }

  /** The fields of the next frame joined by `|`, as {@link frame} takes them. */
  async text(): Promise<string> {
    return (await this.frame()).subarray(4).toString('utf8').replaceAll('\0', '|')
  }

  /** Waits for the server to close, and returns what it had sent before. */
  async closed(): Promise<Buffer> {
    await this.#until(() => this.isClosed, true)
    return this.#received
  }

  async #until(isTrue: () => boolean, mayBeClosed = false): Promise<void> {
    while (!isTrue()) {
      if (this.isClosed && !mayBeClosed) throw new Error('the server closed the connection')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

/** Handshake and startApi at `versions`; returns after the last of the notices that follow. */
export async function startedClient(port: number, versions: string, clientId = 0): Promise<RawClient> {
  const client = await RawClient.connect(port)
  client.send(hello(versions))
  await client.frame()
  client.send(frame(`71|2|${clientId}||`))
  for (let message = 0; message < 5; message++) await client.frame()
  return client
}

export interface HistoricalFields {
  readonly symbol?: string
  readonly exchange?: string
  readonly end?: string
  readonly size?: string
  readonly duration?: string
  readonly useRth?: 0 | 1
  readonly what?: string
  readonly format?: 1 | 2
  readonly keepUpToDate?: 0 | 1
}

/** Message 20 after version 124; the minutes of 2024-07-02 unless told otherwise. */
export function historicalRequest(reqId: number, fields: HistoricalFields = {}): Buffer {
  const { symbol = 'SPY', exchange = 'SMART', size = '1 min', duration = '1 D', what = 'TRADES' } = fields
  const { useRth = 1, format = 2, keepUpToDate = 0 } = fields
  const end = fields.end ?? (keepUpToDate === 1 ? '' : '20240702-20:00:00')
  return frame(
    `20|${reqId}||${symbol}|STK|||||${exchange}||USD||||${end}|${size}|${duration}|${useRth}|${what}|${format}|${keepUpToDate}||`,
  )
}

/** The answer to `historicalRequest` for the fixed minutes, up to the number of bars. */
export const ANSWER_HEAD = (reqId: number): string =>
  `17|${reqId}|20240701 16:00:00 US/Eastern|20240702 16:00:00 US/Eastern`

/** The three fixed minutes as they stand in an answer. */
export const ANSWER_ROWS = [
  '1719927000|545.50|545.75|545.25|545.70|1000|545.6|10|',
  '1719927060|545.70|546.00|545.70|545.99|2000|545.85|20|',
  '1719950340|549.00|549.01|548.98|549.01|30000|549|111|',
] as const

/** The whole answer to `historicalRequest` for the fixed minutes. */
export const wholeAnswer = (reqId: number): string => `${ANSWER_HEAD(reqId)}|3|${ANSWER_ROWS.join('')}`

/** Waits until everything sent before has been read by the simulator, which answers nothing else in the meantime. */
export async function fence(client: RawClient): Promise<void> {
  client.send(frame('49|1|'))
  const text = await client.text()
  if (!text.startsWith('49|1|')) throw new Error(`expected the time, got ${text}`)
}

/** Waits for what shows in the simulator and not to a client. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}

/** The next message with this code, past answers that were on their way. */
export async function noticeOf(client: RawClient, code: number): Promise<string> {
  for (;;) {
    const text = await client.text()
    if (text.startsWith(`4|2|-1|${code}|`)) return text
  }
}
