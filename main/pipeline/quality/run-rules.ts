import type { RuleBlock, Hit, RuleCheck } from './rule-block.ts'
import { eachRun, type RunKind } from './runs.ts'

/** Rules about runs of bars, each measured by the longest runs of the sessions before. */

interface RunLimits {
  readonly minimumBars: number
  readonly factor: number
}

/**
 * Bars from which on a run is too long: more than `factor` times the normal longest one, and at least `minimumBars`. While nobody
 * knows what is normal for the symbol, `factor` times as many as that.
 */
export function runLimit({ minimumBars, factor }: RunLimits, normal: number): number {
  return Number.isNaN(normal) ? Math.ceil(factor * minimumBars) : Math.max(minimumBars, Math.floor(factor * normal) + 1)
}

function reportLongRuns(
  { bars }: RuleBlock,
  kind: RunKind,
  normal: number,
  limits: RunLimits,
  report: (hit: Hit) => void,
  words: (count: number, row: number) => string,
): void {
  eachRun(bars, kind, runLimit(limits, normal), (from, to) => {
    const normally = Number.isNaN(normal) ? '' : ` The longest such run of a session is ${normal} bars normally.`
    report({ rows: [from, to], message: `${words(to - from + 1, from)}${normally}` })
  })
}

export const flatRun: RuleCheck<'flat_run'> = (block, params, report) =>
  reportLongRuns(
    block,
    'flat',
    block.baseline.flatRun,
    params,
    report,
    (count, row) => `${count} bars in a row have one price, ${block.bars.close[row]}.`,
  )

export const stalePrice: RuleCheck<'stale_price'> = (block, params, report) =>
  reportLongRuns(
    block,
    'stale',
    block.baseline.staleRun,
    params,
    report,
    (count, row) => `${count} bars in a row are the same bar, volume ${block.bars.volume[row]} included.`,
  )

export const zeroVolumeRun: RuleCheck<'zero_volume_run'> = (block, params, report) =>
  reportLongRuns(
    block,
    'zeroVolume',
    block.baseline.zeroVolumeRun,
    params,
    report,
    (count) => `${count} bars in a row have no volume.`,
  )
