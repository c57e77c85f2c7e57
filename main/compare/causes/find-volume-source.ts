import { isWithin } from '../block-comparer.ts'
import type { Tolerances } from '../tolerances.ts'
import type { SessionEvidence } from './collect-evidence.ts'
import type { Proposal } from './plan.ts'
import type { Period } from './relate-values.ts'
import {
  LEAST_CLOSE_AGREEMENT,
  LEAST_VOLUME_CORRELATION,
  LEAST_VOLUME_DIFFERING,
  LEAST_VOLUME_PAIRS,
  LEAST_VOLUME_SPREAD,
  VOLUME_RATIO_REACH,
} from './thresholds.ts'

const CLOSE = 3
const VOLUME = 4

/**
 * Volumes of another vendor: prices agree, nearly all volumes differ, by no constant, but rise and fall together. Nothing can be
 * undone then; the ratios' quartiles say how far volumes are apart.
 */
export function findVolumeSource(
  evidence: readonly SessionEvidence[],
  periods: readonly (readonly Period[])[],
  tolerances: Tolerances,
): Proposal | null {
  const ratios: number[] = []
  const oldLogs: number[] = []
  const newLogs: number[] = []
  let differing = 0
  let positive = 0
  let closes = 0
  let agreeing = 0
  for (const { from, to, relation } of periods[CLOSE]) {
    for (let i = from; i <= to; i++) {
      const { old, fresh } = evidence[i].pairs[CLOSE]
      for (let k = 0; k < old.length; k++) {
        closes++
        const undone = (old[k] - relation.basis) / relation.ratio
        // Rounding and a tick more or less do not make it another instrument.
        if (Math.abs(undone - fresh[k]) <= 0.005 * Math.abs(fresh[k])) agreeing++
      }
    }
  }
  for (const { from, to, relation } of periods[VOLUME]) {
    for (let i = from; i <= to; i++) {
      const { old, fresh } = evidence[i].pairs[VOLUME]
      for (let k = 0; k < old.length; k++) {
        const undone = old[k] / relation.ratio
        if (!(undone > 0) || !(fresh[k] > 0)) continue
        positive++
        if (!isWithin(undone, fresh[k], tolerances.volume.abs, tolerances.volume.rel)) differing++
        ratios.push(undone / fresh[k])
        oldLogs.push(Math.log(undone))
        newLogs.push(Math.log(fresh[k]))
      }
    }
  }
  if (positive < LEAST_VOLUME_PAIRS || agreeing < LEAST_CLOSE_AGREEMENT * closes) return null
  if (differing < LEAST_VOLUME_DIFFERING * positive) return null
  ratios.sort((a, b) => a - b)
  const quantile = (share: number): number => ratios[Math.floor(share * (ratios.length - 1))]
  const [lowerQuartile, medianRatio, upperQuartile] = [quantile(0.25), quantile(0.5), quantile(0.75)]
  const spread = upperQuartile / lowerQuartile
  const correlation = correlationOf(oldLogs, newLogs)
  if (spread < LEAST_VOLUME_SPREAD || !(correlation >= LEAST_VOLUME_CORRELATION)) return null
  const reach = spread ** VOLUME_RATIO_REACH
  return {
    detail: { kind: 'other_volume_source', parameters: { lowerQuartile, medianRatio, upperQuartile, correlation } },
    fields: ['volume'],
    undoing: { act: 'volume_source', lowest: lowerQuartile / reach, highest: upperQuartile * reach },
  }
}

function correlationOf(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value / values.length, 0)
  const [meanA, meanB] = [mean(a), mean(b)]
  let [products, squaresA, squaresB] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    products += (a[i] - meanA) * (b[i] - meanB)
    squaresA += (a[i] - meanA) ** 2
    squaresB += (b[i] - meanB) ** 2
  }
  return products / Math.sqrt(squaresA * squaresB)
}
