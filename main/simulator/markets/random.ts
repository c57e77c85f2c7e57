/**
 * Random numbers for the synthetic market: sfc32 (Chris Doty-Humphrey, PractRand; period about 2^128), seeded through the
 * splitmix32 mixer from a seed and any number of names. A stream depends on nothing but those, so every part of the market can
 * be drawn by itself, in any order, always the same.
 */
export interface Random {
  /** Uniform integer, 0 to 2^32 - 1. */
  uint32(): number
  /** Uniform in [0, 1) in steps of 2^-32. */
  uniform(): number
  /** Uniform integer from `low` to `high`, both included. */
  between(low: number, high: number): number
  /** Standard normal (Box-Muller). */
  normal(): number
  /** Poisson with mean `mean` >= 0; above 30 by its normal approximation. */
  poisson(mean: number): number
}

/** One step of the splitmix32 mixer (constants by Chris Wellons' search, as in his hash-prospector). */
function mix32(value: number): number {
  let z = (value + 0x9e3779b9) | 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return z ^ (z >>> 15)
}

/** The stream of `seed` (an integer) for `names`. */
export function createRandom(seed: number, ...names: readonly string[]): Random {
  // Two lanes keep streams apart: with one, a few thousand would be enough for two to meet.
  let left = mix32(seed | 0)
  let right = mix32(~Math.floor(seed / 2 ** 32) ^ 0x5bd1e995)
  for (const name of names) {
    for (let i = 0; i < name.length; i++) {
      left = mix32(left ^ name.charCodeAt(i))
      right = mix32(right + Math.imul(name.charCodeAt(i), 0x85ebca6b))
    }
    // Ends the name, so that ('AB', 'C') and ('A', 'BC') differ.
    left = mix32(left ^ 0x10000)
    right = mix32(right ^ 0x20000)
  }
  return sfc32(left, right, mix32(left ^ right), 1)
}

/** sfc32 from its three words of state and counter, after the usual twelve rounds that spread them. */
export function sfc32(a: number, b: number, c: number, counter: number): Random {
  let spare: number | null = null

  const uint32 = (): number => {
    const result = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + result) | 0
    return result >>> 0
  }
  for (let round = 0; round < 12; round++) uint32()

  const uniform = (): number => uint32() / 2 ** 32

  const normal = (): number => {
    if (spare !== null) {
      const value = spare
      spare = null
      return value
    }
    const radius = Math.sqrt(-2 * Math.log((uint32() + 1) / 2 ** 32))
    const angle = 2 * Math.PI * uniform()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  const poisson = (mean: number): number => {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()))
    const limit = Math.exp(-mean)
    let count = 0
    for (let product = uniform(); product > limit; product *= uniform()) count++
    return count
  }

  return {
    uint32,
    uniform,
    between: (low, high) => low + Math.floor(uniform() * (high - low + 1)),
    normal,
    poisson,
  }
}
