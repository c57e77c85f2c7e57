import { createRandom } from './random.ts'
import type { SyntheticProfile } from './synthetic-profile.ts'

/** What a session starts from and ends at, drawn before any of its minutes. Prices are natural logarithms. */
export interface SessionAnchor {
  /** Where trading before the open begins: the end of the evening before. */
  readonly startLog: number
  readonly openLog: number
  readonly closeLog: number
  /** Where trading after the close ends. */
  readonly endLog: number
  /** Standard deviation of the session's log return from open to close. */
  readonly sigma: number
  /** How busy the session is; 1 on average. */
  readonly activity: number
}

const SESSIONS_PER_YEAR = 252

/** GARCH(1,1) weights of the last squared return and of the last variance; typical of daily equity returns. */
const ARCH_WEIGHT = 0.08
const GARCH_WEIGHT = 0.9

/** Shares of a day's standard deviation: overnight, open to close, and in the evening (the part of the night that trades). */
const OVERNIGHT_SHARE = 0.45
const SESSION_SHARE = 0.9
const EVENING_SHARE = 0.12

/** Pull towards the profile's price per session; keeps decades of a random walk in a believable range. */
const REVERSION = 0.001

/**
 * The daily log-price path of an instrument over `sessions` sessions: a random walk with overnight gaps whose variance
 * clusters (GARCH(1,1), Bollerslev 1986) and that reverts weakly to the profile's price. Later sessions never change
 * earlier ones.
 */
export function dailyPath(seed: number, profile: SyntheticProfile, sessions: number): SessionAnchor[] {
  const random = createRandom(seed, profile.symbol, 'daily path')
  const meanLog = Math.log(profile.price)
  const meanVariance = profile.annualVolatility ** 2 / SESSIONS_PER_YEAR
  const anchors: SessionAnchor[] = []
  let variance = meanVariance
  let closeLog = meanLog
  let endLog = meanLog
  for (let i = 0; i < sessions; i++) {
    const daySigma = Math.sqrt(variance)
    const pull = REVERSION * (meanLog - closeLog)
    const gap = i === 0 ? 0 : OVERNIGHT_SHARE * daySigma * random.normal()
    const move = SESSION_SHARE * daySigma * random.normal() + pull
    const startLog = endLog
    const openLog = closeLog + gap
    const previousCloseLog = closeLog
    closeLog = openLog + move
    endLog = closeLog + EVENING_SHARE * daySigma * random.normal()
    const surprise = Math.abs(gap + move) / daySigma
    const activity = Math.exp(0.22 * random.normal() - 0.024) * (0.75 + 0.32 * surprise)
    anchors.push({ startLog, openLog, closeLog, endLog, sigma: SESSION_SHARE * daySigma, activity })
    variance =
      (1 - ARCH_WEIGHT - GARCH_WEIGHT) * meanVariance +
      ARCH_WEIGHT * (closeLog - previousCloseLog) ** 2 +
      GARCH_WEIGHT * variance
  }
  return anchors
}
