import { z } from 'zod'

/**
 * Every quality rule: what it looks for, how grave it is unless the configuration says otherwise, what may be done with what it
 * finds, and its parameters. The functions that look are in `main/pipeline/quality`; a rule that finds something else for the same
 * bars gets a new version, so that blocks made with the old one are seen to be stale.
 */

export const SEVERITIES = ['info', 'warn', 'error'] as const
export type Severity = (typeof SEVERITIES)[number]

/**
 * What is done with what a rule finds. keep: nothing but the finding. flag: the bar is kept and marked. drop: the bar is left out.
 * refetch: as flag, and the session is asked for again. quarantine: every bar of the session is marked and nothing is made from it.
 */
export const RULE_ACTIONS = ['keep', 'flag', 'drop', 'refetch', 'quarantine'] as const
export type RuleAction = (typeof RULE_ACTIONS)[number]

export interface RuleDefinition<Params extends z.ZodObject = z.ZodObject> {
  readonly version: number
  readonly title: string
  /** What it finds, in a sentence. */
  readonly description: string
  readonly severity: Severity
  /** Whether an open finding of it holds the session back from exports and gates. */
  readonly blocking: boolean
  readonly action: RuleAction
  /** What the configuration may choose. Where `keep` and `flag` are missing, such a bar is never kept as it is. */
  readonly actions: readonly RuleAction[]
  readonly params: Params
}

const ALWAYS_OUT = ['drop', 'refetch', 'quarantine'] as const
const ANY = RULE_ACTIONS
/** Only rules whose findings name single bars can mark or drop them. */
const OF_SESSION = ['keep', 'refetch', 'quarantine'] as const

const none = z.strictObject({})
const share = z.number().min(0).max(1)
const runLength = (bars: number): z.ZodDefault<z.ZodInt> => z.int().min(2).max(10_000).default(bars)
const factor = (usual: number): z.ZodDefault<z.ZodNumber> => z.number().positive().max(1_000).default(usual)
const basisPoints = (usual: number): z.ZodDefault<z.ZodNumber> => z.number().min(0).max(100_000).default(usual)

/** A run is too long from `minimumBars` on where it exceeds `factor` times the median of the longest such runs of the sessions before. */
const scaledRun = (
  minimumBars: number,
): z.ZodObject<{ minimumBars: z.ZodDefault<z.ZodInt>; factor: z.ZodDefault<z.ZodNumber> }> =>
  z.strictObject({ minimumBars: runLength(minimumBars), factor: factor(3) })

/** A return is one of a spike above `minimumBp` and `factor` times the scaled MAD of the returns at that time of day. */
const spike = z.strictObject({
  /** In scaled median absolute deviations (1.4826 MAD, which is the standard deviation of a normal distribution). */
  factor: factor(12),
  /** Basis points; smaller moves are never spikes. */
  minimumBp: basisPoints(20),
  /** In price steps of the instrument; smaller moves are never spikes. */
  minimumTicks: z.number().min(0).max(10_000).default(5),
  /** A bad tick is one of whose move the next bar takes back at least this share. */
  reversal: share.default(0.6),
})

const rule = <P extends z.ZodObject>(definition: RuleDefinition<P>): RuleDefinition<P> => definition

export const RULES = {
  out_of_session: rule({
    version: 1,
    title: 'Outside the session',
    description: 'A bar that begins outside the hours of its session.',
    severity: 'info',
    blocking: false,
    action: 'drop',
    actions: ['drop'],
    params: none,
  }),
  not_on_minute: rule({
    version: 1,
    title: 'Not on the minute',
    description: 'A bar that does not begin on a whole minute.',
    severity: 'error',
    blocking: false,
    action: 'drop',
    actions: ALWAYS_OUT,
    params: none,
  }),
  price_invalid: rule({
    version: 1,
    title: 'Impossible price',
    description: 'A price that is not a positive finite number, such as the -1 that TWS sends for "none".',
    severity: 'error',
    blocking: false,
    action: 'drop',
    actions: ALWAYS_OUT,
    params: none,
  }),
  ohlc_inconsistent: rule({
    version: 1,
    title: 'High and low do not enclose',
    description: 'High below, or low above, open or close. With flag, high and low are widened to enclose them.',
    severity: 'error',
    blocking: false,
    action: 'drop',
    actions: ['flag', ...ALWAYS_OUT],
    params: none,
  }),
  volume_invalid: rule({
    version: 2,
    title: 'Impossible volume',
    description: 'A volume that is negative, not a number or beyond all measure. The volume is stored as unknown.',
    severity: 'warn',
    blocking: false,
    action: 'flag',
    actions: ['flag', ...ALWAYS_OUT],
    params: z.strictObject({ maximum: z.number().positive().default(1e12) }),
  }),
  volume_fractional: rule({
    version: 1,
    title: 'Fraction of a share',
    description: 'A volume that is not whole although the instrument trades in whole units.',
    severity: 'info',
    blocking: false,
    action: 'flag',
    actions: ANY,
    params: none,
  }),
  vwap_outside_range: rule({
    version: 1,
    title: 'Average outside high and low',
    description: 'An average price outside low to high, by more than `ticks` ticks, of a bar with volume.',
    severity: 'warn',
    blocking: false,
    action: 'flag',
    actions: ANY,
    params: z.strictObject({ ticks: z.number().min(0).max(1_000).default(0.5) }),
  }),
  tick_size: rule({
    version: 1,
    title: 'Off the tick grid',
    description: "A price that is no multiple of half the instrument's smallest price step.",
    severity: 'info',
    blocking: false,
    action: 'keep',
    actions: ANY,
    params: z.strictObject({
      /** Parts of a price step at which trades happen: 2, because those at the middle of a spread lie half a step off. */
      parts: z.int().min(1).max(1_000).default(2),
    }),
  }),
  trade_count_zero: rule({
    version: 1,
    title: 'Volume without trades',
    description: 'A bar with volume whose number of trades is 0.',
    severity: 'warn',
    blocking: false,
    action: 'flag',
    actions: ANY,
    params: none,
  }),
  duplicate: rule({
    version: 1,
    title: 'Minute twice',
    description: 'A response that holds a minute more than once, with equal values. One of them counts.',
    severity: 'info',
    blocking: false,
    action: 'keep',
    actions: OF_SESSION,
    params: none,
  }),
  duplicate_conflicting: rule({
    version: 1,
    title: 'Minute twice, differing',
    description: 'A response that holds a minute more than once, with different values. The last one counts.',
    severity: 'warn',
    blocking: false,
    action: 'flag',
    actions: ANY,
    params: none,
  }),
  not_ascending: rule({
    version: 1,
    title: 'Out of order',
    description: 'A response whose bars do not ascend in time. They are put in order.',
    severity: 'info',
    blocking: false,
    action: 'keep',
    actions: OF_SESSION,
    params: none,
  }),
  revised_prices: rule({
    version: 1,
    title: 'Prices revised',
    description: 'A later answer has other prices for the same minute. The newest one counts.',
    severity: 'warn',
    blocking: false,
    action: 'keep',
    actions: OF_SESSION,
    params: none,
  }),
  revised_quantities: rule({
    version: 1,
    title: 'Quantities revised',
    description: 'A later answer has the same prices and another volume, average price or trade count.',
    severity: 'info',
    blocking: false,
    action: 'keep',
    actions: OF_SESSION,
    params: none,
  }),
  adjusted_history: rule({
    version: 1,
    title: 'History re-adjusted',
    description:
      'The broker re-adjusted its history since an answer; its bars are converted, so that no session mixes both.',
    severity: 'info',
    blocking: false,
    action: 'keep',
    actions: OF_SESSION,
    params: none,
  }),
  minutes_not_traded: rule({
    version: 1,
    title: 'Minutes without a trade',
    description: 'Minutes for which the broker has no bar, confirmed by a second answer.',
    severity: 'info',
    blocking: false,
    action: 'keep',
    actions: OF_SESSION,
    params: none,
  }),
  minutes_halted: rule({
    version: 1,
    title: 'Halt',
    description: 'A run of at least five minutes without a bar in a session that has nearly all others.',
    severity: 'info',
    blocking: false,
    action: 'keep',
    actions: OF_SESSION,
    params: none,
  }),
  minutes_not_fetched: rule({
    version: 1,
    title: 'Minutes not fetched',
    description: 'Minutes without a bar of which no answer says that the broker has none.',
    severity: 'warn',
    blocking: true,
    action: 'refetch',
    actions: OF_SESSION,
    params: none,
  }),
  low_coverage: rule({
    version: 3,
    title: 'Bar count of the session',
    description:
      "A session with fewer received bars than `minimum` times its minutes, or of a thin name times the symbol's normal.",
    severity: 'warn',
    blocking: false,
    action: 'keep',
    actions: OF_SESSION,
    params: z.strictObject({ minimum: share.default(0.95) }),
  }),
  flat_run: rule({
    version: 1,
    title: 'Flat run',
    description: "A run of bars that all have one and the same price, far longer than this symbol's normal ones.",
    severity: 'warn',
    blocking: false,
    action: 'flag',
    actions: ANY,
    params: scaledRun(20),
  }),
  stale_price: rule({
    version: 1,
    title: 'Stale price',
    description: 'The same bar again and again: equal prices, equal volume, and trades in it.',
    severity: 'warn',
    blocking: false,
    action: 'flag',
    actions: ANY,
    params: scaledRun(4),
  }),
  zero_volume_run: rule({
    version: 1,
    title: 'Run without volume',
    description: "A run of bars without volume, far longer than this symbol's normal ones.",
    severity: 'warn',
    blocking: false,
    action: 'flag',
    actions: ANY,
    params: scaledRun(10),
  }),
  bad_tick: rule({
    version: 1,
    title: 'Bad tick',
    description:
      'A price far out of the normal moves at that time of day, taken back by the next bar or within the bar.',
    severity: 'error',
    blocking: false,
    action: 'flag',
    actions: ANY,
    params: spike,
  }),
  price_move: rule({
    version: 1,
    title: 'Large move',
    description: 'A price far out of the normal moves at that time of day, which persists.',
    severity: 'info',
    blocking: false,
    action: 'keep',
    actions: ANY,
    params: spike,
  }),
  open_gap: rule({
    version: 1,
    title: 'Opening gap',
    description: "An opening far from the close of the session before, measured by the symbol's own gaps.",
    severity: 'info',
    blocking: false,
    action: 'keep',
    actions: OF_SESSION,
    params: z.strictObject({ factor: factor(8), minimumBp: basisPoints(200) }),
  }),
  split_jump: rule({
    version: 1,
    title: 'Jump by a split ratio',
    description: 'An opening at a simple ratio (2:1, 3:2, 1:10, ...) of the close before: a split without adjustment.',
    severity: 'error',
    blocking: true,
    action: 'keep',
    actions: OF_SESSION,
    params: z.strictObject({
      /** How far from the exact ratio the opening may be. */
      tolerance: z.number().min(0).max(0.2).default(0.03),
    }),
  }),
  daily_bar_mismatch: rule({
    version: 1,
    title: "Differs from the broker's daily bar",
    description: "High, low or summed volume of the session's minutes against the broker's own daily bar.",
    severity: 'warn',
    blocking: false,
    action: 'keep',
    actions: OF_SESSION,
    params: z.strictObject({
      /** How far the sum of volumes may be from the daily one, as a share of it. */
      volumeShare: share.default(0.1),
      /** Ticks that high and low may differ by. */
      ticks: z.number().min(0).max(10_000).default(1),
    }),
  }),
  schedule_difference: rule({
    version: 1,
    title: 'Calendar and broker disagree',
    description:
      "The broker's own schedule has other hours for the session than the calendar. The operator decides which holds.",
    severity: 'warn',
    blocking: false,
    action: 'keep',
    actions: OF_SESSION,
    params: none,
  }),
} as const satisfies Record<string, RuleDefinition>

export type RuleId = keyof typeof RULES
export const RULE_IDS = Object.keys(RULES) as [RuleId, ...RuleId[]]
export type RuleParams<K extends RuleId> = z.infer<(typeof RULES)[K]['params']>

/** A rule as it is applied. */
export interface RuleSettings<K extends RuleId = RuleId> {
  readonly version: number
  readonly enabled: boolean
  readonly severity: Severity
  readonly blocking: boolean
  readonly action: RuleAction
  readonly params: RuleParams<K>
}

export type RuleBook = { readonly [K in RuleId]: RuleSettings<K> }
