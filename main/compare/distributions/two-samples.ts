import type { WeightedValues } from './log-sketch.ts'

/** How far two samples are apart, and whether chance could have done it. */

export interface KolmogorovSmirnov {
  /** The largest difference of the two distribution functions, 0 to 1; the effect size. */
  readonly d: number
  readonly pValue: number
}

/** Values ascending with their weights, equal ones joined; for samples that are not in a sketch. */
export function weightedValues(sample: Float64Array): WeightedValues {
  const sorted = sample.slice().sort()
  const values: number[] = []
  const weights: number[] = []
  for (const value of sorted) {
    if (values.length > 0 && values[values.length - 1] === value) weights[weights.length - 1]++
    else {
      values.push(value)
      weights.push(1)
    }
  }
  return { values: Float64Array.from(values), weights: Float64Array.from(weights) }
}

export function totalWeight({ weights }: WeightedValues): number {
  let total = 0
  for (const weight of weights) total += weight
  return total
}

/** Calls `visit` for every stretch between neighbouring values of either sample with both distribution functions on it. */
function walk(
  a: WeightedValues,
  b: WeightedValues,
  visit: (from: number, to: number, shareA: number, shareB: number) => void,
): void {
  const [n, m] = [totalWeight(a), totalWeight(b)]
  let i = 0
  let j = 0
  let passedA = 0
  let passedB = 0
  while (i < a.values.length || j < b.values.length) {
    const at = Math.min(i < a.values.length ? a.values[i] : Infinity, j < b.values.length ? b.values[j] : Infinity)
    while (i < a.values.length && a.values[i] === at) passedA += a.weights[i++]
    while (j < b.values.length && b.values[j] === at) passedB += b.weights[j++]
    const next = Math.min(i < a.values.length ? a.values[i] : Infinity, j < b.values.length ? b.values[j] : Infinity)
    visit(at, next, passedA / n, passedB / m)
  }
}

/** Up to this many paths the p-value is counted out. */
const MOST_EXACT = 250_000

/**
 * Two-sample Kolmogorov-Smirnov test, two-sided. Null when a sample is empty.
 *
 * The p-value is exact where n * m <= 250,000: the share of lattice paths from (0, 0) to (n, m) that somewhere are as far from the
 * diagonal (Hodges 1957); with ties it is an upper bound. Beyond that the limiting distribution with Stephens' correction
 * (1970): Q((sqrt(e) + 0.12 + 0.11 / sqrt(e)) * d), e = nm / (n + m). It takes the values of a sample to be independent; minutes of a
 * series are not, so it is too small for them, and the effect size counts.
 */
export function kolmogorovSmirnov(a: WeightedValues, b: WeightedValues): KolmogorovSmirnov | null {
  const [n, m] = [totalWeight(a), totalWeight(b)]
  if (n === 0 || m === 0) return null
  let d = 0
  walk(a, b, (_from, _to, shareA, shareB) => {
    d = Math.max(d, Math.abs(shareA - shareB))
  })
  if (d === 0) return { d, pValue: 1 }
  if (n * m <= MOST_EXACT) return { d, pValue: exactPValue(d, n, m) }
  const root = Math.sqrt((n * m) / (n + m))
  return { d, pValue: kolmogorovTail((root + 0.12 + 0.11 / root) * d) }
}

/** Share of the lattice paths that touch |i/n - j/m| >= d, as the probability of a random order of both samples. */
function exactPValue(d: number, n: number, m: number): number {
  const isInside = (i: number, j: number): boolean => Math.abs(i / n - j / m) < d - 1e-12
  // inside[j]: probability of a path from (0, 0) to (i, j) that was inside all the way, given that it comes there.
  const inside = new Float64Array(m + 1)
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      if (i + j === 0) inside[j] = 1
      else if (!isInside(i, j)) inside[j] = 0
      else {
        const fromBelow = i === 0 ? 0 : inside[j] * (i / (i + j))
        const fromLeft = j === 0 ? 0 : inside[j - 1] * (j / (i + j))
        inside[j] = fromBelow + fromLeft
      }
    }
  }
  return Math.min(1, Math.max(0, 1 - inside[m]))
}

/** Q(x) = 2 sum (-1)^(k-1) exp(-2 k^2 x^2), by its other form where that one converges faster. */
export function kolmogorovTail(x: number): number {
  if (x <= 0) return 1
  if (x < 1.18) {
    let sum = 0
    for (let k = 1; k <= 7; k += 2) sum += Math.exp((-k * k * Math.PI * Math.PI) / (8 * x * x))
    return Math.min(1, Math.max(0, 1 - (Math.sqrt(2 * Math.PI) / x) * sum))
  }
  let tail = 0
  for (let k = 1; k <= 6; k++) tail += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x)
  return Math.min(1, Math.max(0, tail))
}

/** Wasserstein distance of order 1 (earth mover's distance), in the unit of the values; null when a sample is empty. */
export function wasserstein(a: WeightedValues, b: WeightedValues): number | null {
  if (totalWeight(a) === 0 || totalWeight(b) === 0) return null
  let distance = 0
  walk(a, b, (from, to, shareA, shareB) => {
    if (to < Infinity && shareA !== shareB) distance += Math.abs(shareA - shareB) * (to - from)
  })
  return distance
}

export interface PopulationStability {
  readonly psi: number
  /** Upper edges of the bins but for the last, which is open: quantiles of the reference. A value on an edge is below it. */
  readonly edges: readonly number[]
  readonly bins: number
  /** What samples of these sizes from one and the same distribution give on average. */
  readonly expected: number
  /** What they exceed once in a hundred times. */
  readonly upper99: number
  /** Whether `psi` is above `upper99`. */
  readonly isBeyondChance: boolean
}

/**
 * Population stability index of a sample against a reference: sum of (p - q) ln(p / q) over up to about `bins` bins with about the same
 * share of the reference each; a value with more than such a share has a bin of its own. A bin that is empty on one side counts as half a value there. Null when a sample is empty.
 *
 * A fixed threshold such as 0.1 fires on small samples that have not changed at all. Without a change the index is about
 * (1/n + 1/m) times a chi-square with bins - 1 degrees of freedom (Yurdakul 2018, "Statistical Properties of Population
 * Stability Index"): hence the mean (bins - 1)(1/n + 1/m) and the quantile, for which chi-square is approximated by Wilson and
 * Hilferty (1931).
 */
export function populationStability(
  reference: WeightedValues,
  sample: WeightedValues,
  bins = 10,
): PopulationStability | null {
  const [n, m] = [totalWeight(reference), totalWeight(sample)]
  if (n === 0 || m === 0) return null
  const edges = quantileEdges(reference, n, bins)
  const count = edges.length + 1
  const inBins = (of: WeightedValues): number[] => {
    const counts = Array.from({ length: count }, () => 0)
    let bin = 0
    for (let i = 0; i < of.values.length; i++) {
      while (bin < edges.length && of.values[i] > edges[bin]) bin++
      counts[bin] += of.weights[i]
    }
    return counts
  }
  const [before, after] = [inBins(reference), inBins(sample)]
  let psi = 0
  for (let bin = 0; bin < count; bin++) {
    if (before[bin] === 0 && after[bin] === 0) continue
    const p = Math.max(after[bin], 0.5) / m
    const q = Math.max(before[bin], 0.5) / n
    psi += (p - q) * Math.log(p / q)
  }
  const scale = 1 / n + 1 / m
  const upper99 = scale * chiSquare99(count - 1)
  return { psi, edges, bins: count, expected: (count - 1) * scale, upper99, isBeyondChance: psi > upper99 }
}

/** Values at the quantiles, each once; one that has a bin's share for itself gets a bin of its own. */
function quantileEdges({ values, weights }: WeightedValues, total: number, bins: number): number[] {
  const edges: number[] = []
  const put = (edge: number): void => {
    if (edges.length === 0 || edge > edges[edges.length - 1]) edges.push(edge)
  }
  let i = 0
  let passed = weights[0]
  for (let k = 1; k < bins; k++) {
    while (passed < (k * total) / bins - 1e-9 && i < values.length - 1) passed += weights[++i]
    if (weights[i] >= total / bins) {
      put(i === 0 ? justBelow(values[0]) : values[i - 1])
      put(values[i])
    } else if (i < values.length - 1) put(values[i])
  }
  return edges
}

/** A number below `value` with hardly any between. */
function justBelow(value: number): number {
  return value === 0 ? -Number.MIN_VALUE : value - Math.abs(value) * Number.EPSILON
}

/** The 0.99 quantile of chi-square: k (1 - 2/(9k) + z sqrt(2/(9k)))^3, within 1 % from 3 degrees of freedom on. */
export function chiSquare99(degrees: number): number {
  if (degrees === 0) return 0
  // The approximation is least good where the exact values are short: z^2 at 0.995, and -2 ln 0.01.
  if (degrees === 1) return 6.634896601021214
  if (degrees === 2) return 9.210340371976182
  const part = 2 / (9 * degrees)
  return degrees * (1 - part + 2.3263478740408408 * Math.sqrt(part)) ** 3
}

/**
 * P-values adjusted for how many there are, after Benjamini and Hochberg (1995): calling all with an adjusted value of at most a
 * share alpha keeps the expected share of false calls among them at or below alpha. In the order of the input.
 */
export function benjaminiHochberg(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((_p, i) => i).sort((a, b) => pValues[b] - pValues[a])
  const adjusted = Array.from(pValues, () => 1)
  let least = 1
  order.forEach((at, fromTop) => {
    least = Math.min(least, pValues[at] * (pValues.length / (pValues.length - fromTop)))
    adjusted[at] = least
  })
  return adjusted
}
