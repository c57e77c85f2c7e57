import { z } from 'zod'
import { RULES, RULE_IDS, type RuleBook, type RuleId, SEVERITIES } from '#shared/quality/rule-catalogue.ts'

/**
 * The `quality` part of `switchyard.yaml`: what differs from the built-in rules, how gaps are filled, and what a session must reach to
 * count as good. Every default stands in the catalogue of rules or here.
 */

const DAYS_OF_HISTORY = 20

/** The entry of one rule. Rules that must never let a bar pass cannot be switched off. */
function ruleEntry(id: RuleId) {
  const { actions, params } = RULES[id]
  return z.strictObject({
    enabled: z
      .boolean()
      .refine((enabled) => enabled || canBeOff(id), { error: 'this rule cannot be switched off' })
      .optional(),
    severity: z.enum(SEVERITIES).optional(),
    blocking: z.boolean().optional(),
    action: z.enum(actions as readonly [string, ...string[]]).optional(),
    params: (params as z.ZodObject).prefault({}),
  })
}

/** Whether curated bars are sound without the rule. */
function canBeOff(id: RuleId): boolean {
  const actions: readonly string[] = RULES[id].actions
  return actions.includes('keep')
}

const ruleEntries = Object.fromEntries(RULE_IDS.map((id) => [id, ruleEntry(id).prefault({})])) as Record<
  RuleId,
  z.ZodPrefault<ReturnType<typeof ruleEntry>>
>

export const fillingConfigSchema = z.strictObject({
  /** Whether minutes in which nobody traded, confirmed by the broker, get a bar at the close before them. */
  noTrade: z.enum(['previous-close', 'leave-out']).default('previous-close'),
  /** A longer run of such minutes is left out as a whole. */
  maxMinutes: z.int().min(1).max(1_440).default(5),
  /** Where bars come from that the broker does not have. They are tagged. */
  secondSource: z.enum(['none', 'old-pipeline']).default('none'),
})
export type FillingConfig = z.infer<typeof fillingConfigSchema>

/** What a session must reach to count as good; what does not is shown, and gates ask for it. Shares of the session's minutes. */
export const qualityThresholdsSchema = z.strictObject({
  minimumCoverage: z.number().min(0).max(1).default(0.99),
  maximumFilled: z.number().min(0).max(1).default(0.02),
  maximumOutliers: z.number().min(0).max(1).default(0.005),
  maximumNullVolume: z.number().min(0).max(1).default(0),
  maximumNullVwap: z.number().min(0).max(1).default(0.01),
})
export type QualityThresholds = z.infer<typeof qualityThresholdsSchema>

export const qualityConfigSchema = z.strictObject({
  rules: z.strictObject(ruleEntries).prefault({}),
  /** Sessions before a session in which its normal is measured. */
  historySessions: z.int().min(1).max(250).default(DAYS_OF_HISTORY),
  filling: fillingConfigSchema.prefault({}),
  thresholds: qualityThresholdsSchema.prefault({}),
})
export type QualityConfig = z.infer<typeof qualityConfigSchema>

/** The rules as they are applied: the built-in ones with what the configuration changes. */
export function ruleBook(config: Pick<QualityConfig, 'rules'>): RuleBook {
  return Object.fromEntries(
    RULE_IDS.map((id) => {
      const { version, severity, blocking, action } = RULES[id]
      const { params, ...changed } = config.rules[id]
      const settings = { version, enabled: true, severity, blocking, action }
      return [id, { ...settings, ...withoutUndefined(changed), params }]
    }),
  ) as unknown as RuleBook
}

function withoutUndefined<T extends object>(entries: T): Partial<T> {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as Partial<T>
}
