import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeOldPipelineOutput } from '#main/simulator/old-pipeline.ts'
import { syntheticMarket } from '#main/simulator/simulator.ts'
import { at, fixedMarket, type Row, XNYS } from '../integration/simulator-fixtures.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-old-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

// The early close of 2024-07-03: the last minute is 12:59 (16:59 UTC).
const ROWS: readonly Row[] = [
  [at('2024-07-03T12:00:00Z'), 9, 9, 9, 9, 900, 9, 1],
  [at('2024-07-03T16:55:00Z'), 100.124, 100.126, 99.999, 100.005, 1249, 100, 5],
  [at('2024-07-03T16:58:00Z'), 101, 102, 100.5, 101.5, 150, 101, 2],
  [at('2024-07-03T17:30:00Z'), 8, 8, 8, 8, 800, 8, 1],
]

describe('the files an old pipeline leaves', () => {
  it('have end labels in naive New York time, two decimals, filled minutes and lots', async () => {
    const market = fixedMarket({ SPY: ROWS })
    const written = await writeOldPipelineOutput({
      market,
      symbols: ['SPY'],
      from: '2024-07-02',
      to: '2024-07-05',
      dir,
    })
    expect(written).toEqual({ files: [join(dir, 'SPY.csv')], rows: 5 })
    expect(readFileSync(join(dir, 'SPY.csv'), 'utf8')).toBe(
      'datetime,open,high,low,close,volume\n' +
        '2024-07-03 12:56:00,100.12,100.13,100.00,100.01,12\n' +
        '2024-07-03 12:57:00,100.01,100.01,100.01,100.01,0\n' +
        '2024-07-03 12:58:00,100.01,100.01,100.01,100.01,0\n' +
        '2024-07-03 12:59:00,101.00,102.00,100.50,101.50,2\n' +
        '2024-07-03 13:00:00,101.50,101.50,101.50,101.50,0\n',
    )
    expect(readdirSync(dir)).toEqual(['SPY.csv'])
  })

  it('have every minute of every session of a synthetic market from its first trade on', async () => {
    const market = syntheticMarket({
      seed: 3,
      symbols: ['AAPL', 'SEB'],
      calendar: XNYS,
      from: '2024-07-01',
      to: '2024-07-05',
    })
    const { files } = await writeOldPipelineOutput({
      market,
      symbols: ['AAPL', 'SEB'],
      from: '2024-07-01',
      to: '2024-07-05',
      dir: join(dir, 'new', 'folder'),
    })
    const lines = readFileSync(files[0], 'utf8').trimEnd().split('\n')
    // Three full sessions and an early close; the exchange is closed on the 4th.
    expect(lines.length - 1).toBe(3 * 390 + 210)
    expect(lines[1]).toMatch(/^2024-07-01 09:31:00,/)
    expect(lines[lines.length - 1]).toMatch(/^2024-07-05 16:00:00,/)
    const halt = market.faults.find(({ kind }) => kind === 'halt')
    expect(halt).toBeDefined()
    const thin = readFileSync(files[1], 'utf8').trimEnd().split('\n').slice(1)
    const filled = thin.filter((line) => /,(\d+\.\d\d),\1,\1,\1,0$/.test(line))
    expect(filled.length).toBeGreaterThan(200)
  })

  it('are refused for an unknown symbol, for dates without bars, and where they cannot be written', async () => {
    const market = fixedMarket({ SPY: ROWS })
    const synthetic = syntheticMarket({
      seed: 3,
      symbols: ['AAPL'],
      calendar: XNYS,
      from: '2024-07-01',
      to: '2024-07-05',
    })
    const options = { market, symbols: ['SPY'], from: '2024-07-03', to: '2024-07-03', dir }
    await expect(writeOldPipelineOutput({ ...options, market: synthetic })).rejects.toMatchObject({
      code: 'UNKNOWN_SYMBOL',
    })
    await expect(writeOldPipelineOutput({ ...options, from: '2024-07-06', to: '2024-07-07' })).rejects.toMatchObject({
      code: 'NO_SESSIONS',
    })
    writeFileSync(join(dir, 'file'), '')
    await expect(writeOldPipelineOutput({ ...options, dir: join(dir, 'file') })).rejects.toMatchObject({
      code: 'IO_ERROR',
    })
  })

  it('leave nothing half written when the market fails', async () => {
    const market = { ...fixedMarket({ SPY: ROWS }), minuteBars: () => Promise.reject(new Error('gone')) }
    const options = { market, symbols: ['SPY'], from: '2024-07-03', to: '2024-07-03', dir }
    await expect(writeOldPipelineOutput(options)).rejects.toMatchObject({ code: 'IO_ERROR' })
    expect(readdirSync(dir)).toEqual([])
  })
})
