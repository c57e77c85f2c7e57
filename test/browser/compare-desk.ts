import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { EngineClient } from '#main/rpc/router.ts'
import { succeeded } from './console-host.ts'
import type { ConsoleWorkspace } from './console-workspace.ts'
import { makeWorkspace } from './console-workspace.ts'

/** SPY, KO and AIG trade in every minute, DJCO in about half of them. */
export const DESK_SYMBOLS = ['SPY', 'KO', 'AIG', 'DJCO']
/** XNYS was open on 20 days of November and 8 of December 2024; Friday the 29th, after Thanksgiving, ended at 13:00. */
export const COMPARED = { from: '2024-11-01', to: '2024-12-11', sessions: 28 }
/** A price of KO that only the old pipeline has, and that nothing explains. */
export const WRONG_CLOSE = { symbol: 'KO', sessionDate: '2024-11-20', label: '2024-11-20 11:01:00', by: 7.5 }
/** Rows of AIG that the old pipeline lost in the night, in the middle of this session. */
export const LOST_ROWS = {
  symbol: 'AIG',
  sessionDate: '2024-11-14',
  from: '2024-11-14 12:01:00',
  to: '2024-11-14 12:40:00',
}

/**
 * A workspace whose old files are not what their description says: they are labelled with the end of the bar and described with its
 * start, and have volumes in lots that are described as shares. Single rows are wrong beside that. One column is a feature.
 */
export async function makeCompareDesk(): Promise<ConsoleWorkspace> {
  const desk = await makeWorkspace('desk-compare', {
    symbols: DESK_SYMBOLS,
    marketFrom: COMPARED.from,
    old: COMPARED,
    oldBars: { label: 'start', volumeUnit: 'shares', features: 'rest' },
    answerMs: 5,
    tws: '  verify: { retryDelayMs: 20 }\n',
  })
  edit(desk, WRONG_CLOSE.symbol, (lines) =>
    lines.map((line) => (line.startsWith(WRONG_CLOSE.label) ? withClose(line, WRONG_CLOSE.by) : line)),
  )
  edit(desk, LOST_ROWS.symbol, (lines) => lines.filter((line) => line < LOST_ROWS.from || line >= `${LOST_ROWS.to}~`))
  for (const symbol of DESK_SYMBOLS) addReturns(desk, symbol)
  return desk
}

/** Everything up to three runs: a sample, a run whose causes are not looked for, and the whole. */
export async function fillCompareDesk(client: EngineClient): Promise<void> {
  const { from, to } = COMPARED
  await succeeded(client, await client.ingest.start({ from, to }))
  await succeeded(client, await client.transform.start({}))
  await succeeded(client, await client.features.build({}))
  await succeeded(client, await client.legacy.import({}))
  await succeeded(client, await client.compare.start({ sample: 0.1 }))
  await succeeded(client, await client.compare.start({ symbols: ['SPY'], causes: false }))
  await succeeded(client, await client.compare.start({}))
}

/** Adds a column with the logarithm of each close over the one before it in the same session, as the old scripts computed it. */
function addReturns({ folder }: ConsoleWorkspace, symbol: string): void {
  const file = path.join(folder, 'old-pipeline', `${symbol}.csv`)
  const [header, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n')
  let previous: { readonly day: string; readonly close: number } | undefined
  const extended = lines.map((line) => {
    const [day, close] = [line.slice(0, 10), Number(line.split(',')[4])]
    const value = previous?.day === day ? String(Math.log(close / previous.close)) : ''
    previous = { day, close }
    return `${line},${value}`
  })
  writeFileSync(file, `${[`${header},log_return_1`, ...extended].join('\n')}\n`)
}

function edit({ folder }: ConsoleWorkspace, symbol: string, change: (lines: readonly string[]) => string[]): void {
  const file = path.join(folder, 'old-pipeline', `${symbol}.csv`)
  const [header, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n')
  writeFileSync(file, `${[header, ...change(lines)].join('\n')}\n`)
}

/** The line with another close, and a high that reaches it. */
function withClose(line: string, by: number): string {
  const [time, open, high, low, close, volume] = line.split(',')
  const wrong = Number(close) + by
  return [time, open, Math.max(Number(high), wrong).toFixed(2), low, wrong.toFixed(2), volume].join(',')
}
