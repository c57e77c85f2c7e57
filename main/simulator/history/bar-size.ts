/** A bar size of a historical request; `seconds` is null for a bar that lasts a trading day. */
export interface BarSize {
  readonly text: string
  readonly seconds: number | null
}

/** Whether TWS knows the text, and whether this server makes such bars. */
export type BarSizeReading =
  | { readonly kind: 'offered'; readonly size: BarSize }
  | { readonly kind: 'notOffered'; readonly text: string }
  | { readonly kind: 'illegal' }

const MINUTE = 60

/** Longest bars whose requests TWS paces, seconds. */
const LONGEST_SMALL_BAR = 30

/** Whether requests for such bars are under the hard pacing limits. */
export function isSmallBar(size: BarSize): boolean {
  return size.seconds !== null && size.seconds <= LONGEST_SMALL_BAR
}

/** Sizes made here: those that divide an hour, whose bars TWS aligns with the clock, and whole days. */
const OFFERED: readonly BarSize[] = [
  { text: '1 secs', seconds: 1 },
  { text: '5 secs', seconds: 5 },
  { text: '10 secs', seconds: 10 },
  { text: '15 secs', seconds: 15 },
  { text: '30 secs', seconds: 30 },
  { text: '1 min', seconds: MINUTE },
  { text: '2 mins', seconds: 2 * MINUTE },
  { text: '3 mins', seconds: 3 * MINUTE },
  { text: '5 mins', seconds: 5 * MINUTE },
  { text: '10 mins', seconds: 10 * MINUTE },
  { text: '15 mins', seconds: 15 * MINUTE },
  { text: '20 mins', seconds: 20 * MINUTE },
  { text: '30 mins', seconds: 30 * MINUTE },
  { text: '1 hour', seconds: 60 * MINUTE },
  { text: '1 day', seconds: null },
]

/** What TWS lists as legal when it refuses another text. */
const LEGAL_TEXT =
  '1 secs, 5 secs, 10 secs, 15 secs, 30 secs, 1 min, 2 mins, 3 mins, 5 mins, 10 mins, 15 mins, 20 mins, 30 mins, ' +
  '1 hour, 2 hours, 3 hours, 4 hours, 8 hours, 1 day, 1W, 1M'

export const ILLEGAL_BAR_SIZE = `Historical data bar size setting is invalid. Legal ones are: ${LEGAL_TEXT}`

const LEGAL = new Set([...LEGAL_TEXT.toLowerCase().split(', '), '1 week', '1 month'])

/** Reads a bar size; case does not matter. */
export function parseBarSize(text: string): BarSizeReading {
  const lower = text.toLowerCase()
  const size = OFFERED.find((offered) => offered.text === lower)
  if (size !== undefined) return { kind: 'offered', size }
  return LEGAL.has(lower) ? { kind: 'notOffered', text: lower } : { kind: 'illegal' }
}
