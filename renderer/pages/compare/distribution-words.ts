import type { DistributionTest } from '#shared/jobs/error-summary.ts'
import { formatFieldValue, unitOfField } from '../../format/numbers.ts'

/** Measures of how far two distributions are apart, whichever they are of. */
export type Apartness = Pick<DistributionTest, 'd' | 'adjustedPValue' | 'wasserstein' | 'psi' | 'psiUpper99'>

/** Whether two distributions are further apart than chance gives once in a hundred times. */
export function isApart({ psi, psiUpper99, adjustedPValue }: Apartness): boolean {
  return psi > psiUpper99 || adjustedPValue < 0.01
}

/** What the measures say, for people. */
export function apartWords(field: string, measures: Apartness): string {
  const { d, wasserstein } = measures
  if (d === 0) return 'The same values as often.'
  if (!isApart(measures)) return 'No further apart than chance gives.'
  const share = Number((d * 100).toPrecision(2))
  const far = formatFieldValue(field, Number(wasserstein.toPrecision(3)))
  return `Up to ${share} % more minutes of one side lie below some value; on average a value is ${far} ${unitOfField(field)} off.`
}

/** A p-value, which is never shown as nothing. */
export function formatPValue(value: number): string {
  return value < 0.0001 ? '< 0.0001' : formatMeasure(value)
}

/** Four significant digits; very small ones as `< 0.0001`. */
export function formatMeasure(value: number | null): string {
  if (value === null) return '–'
  if (value !== 0 && Math.abs(value) < 0.0001) return value > 0 ? '< 0.0001' : '> −0.0001'
  return String(Number(value.toPrecision(4))).replace('-', '\u2212')
}
