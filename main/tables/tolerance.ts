/** A number as it was written: `digits / 10 ** scale`, not negative. */
export interface Decimal {
  readonly digits: bigint
  readonly scale: number
}

/** A difference is tolerated up to `abs + rel * |right|`. */
export interface TableTolerance {
  readonly abs: Decimal
  readonly rel: Decimal
}

export const NO_TOLERANCE: TableTolerance = { abs: { digits: 0n, scale: 0 }, rel: { digits: 0n, scale: 0 } }

/** More places than doubles have are a slip. */
const MOST_PLACES = 400

/** Reads `0.01`, `1e-6`, `5`; undefined for everything else, also for what is negative or infinite. */
export function parseDecimal(text: string): Decimal | undefined {
  const parts = /^(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text)
  if (parts === null) return undefined
  const [, whole, fraction = '', exponent = '0'] = parts
  if (whole === '' && fraction === '') return undefined
  const digits = BigInt(whole + fraction)
  const scale = fraction.length - Number(exponent)
  if (Math.abs(scale) > MOST_PLACES || !Number.isFinite(Number(text))) return undefined
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale }
}

/** The nearest double. */
export function decimalToNumber({ digits, scale }: Decimal): number {
  return Number(`${digits}e-${scale}`)
}

/** The greatest whole multiple of `10 ** -scale` that is not above it, counted in those. */
export function floorAtScale(decimal: Decimal, scale: number): bigint {
  return scale >= decimal.scale
    ? decimal.digits * 10n ** BigInt(scale - decimal.scale)
    : decimal.digits / 10n ** BigInt(decimal.scale - scale)
}

export function isZero({ digits }: Decimal): boolean {
  return digits === 0n
}
