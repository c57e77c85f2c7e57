import type { DistributionTest } from '#shared/jobs/error-summary.ts'
import { LogSketch } from './log-sketch.ts'
import { benjaminiHochberg, kolmogorovSmirnov, populationStability, wasserstein } from './two-samples.ts'

/** Fine enough that a value is off by at most 0.013 %. */
const VALUE_BITS = 12

/** A test before it is known how many others there are. */
export type SingleTest = Omit<DistributionTest, 'adjustedPValue'>

/** Collects the values of one symbol on both sides, field by field, and tests whether they are distributed alike. */
export class ValueTests {
  readonly #symbol: string
  readonly #sides = new Map<string, readonly [old: LogSketch, fresh: LogSketch]>()

  constructor(symbol: string) {
    this.#symbol = symbol
  }

  add(field: string, old: Float64Array, fresh: Float64Array, count: number): void {
    let sides = this.#sides.get(field)
    if (sides === undefined) {
      sides = [new LogSketch(VALUE_BITS), new LogSketch(VALUE_BITS)]
      this.#sides.set(field, sides)
    }
    for (let i = 0; i < count; i++) {
      if (Math.abs(old[i]) < Infinity) sides[0].add(old[i])
      if (Math.abs(fresh[i]) < Infinity) sides[1].add(fresh[i])
    }
  }

  /** One test a field; a field of which a side has no value has none. */
  list(): readonly SingleTest[] {
    return [...this.#sides].flatMap(([field, sides]) => {
      const isExact = sides.every(({ relativeError }) => relativeError === 0)
      const [old, fresh] = sides.map((side) => (isExact ? side.weighted() : side.binned()))
      const test = kolmogorovSmirnov(old, fresh)
      const stability = populationStability(old, fresh)
      const distance = wasserstein(old, fresh)
      if (test === null || stability === null || distance === null) return []
      return [
        {
          symbol: this.#symbol,
          field,
          oldCount: sides[0].count,
          newCount: sides[1].count,
          ...test,
          wasserstein: distance,
          psi: stability.psi,
          psiExpected: stability.expected,
          psiUpper99: stability.upper99,
        },
      ]
    })
  }
}

/** Adjusts the tests of a run for their number. */
export function adjustTests(tests: readonly SingleTest[]): readonly DistributionTest[] {
  const adjusted = benjaminiHochberg(tests.map(({ pValue }) => pValue))
  return tests.map((test, i) => ({ ...test, adjustedPValue: adjusted[i] }))
}
