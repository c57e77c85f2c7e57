import { describe, expect, test } from 'vitest'
import { BarFlag } from '#shared/bars.ts'
import { qualityConfigSchema, ruleBook } from '#shared/config/quality-config.ts'
import {
  RULE_ACTIONS,
  RULE_IDS,
  type RuleAction,
  type RuleId,
  RULES,
  SEVERITIES,
} from '#shared/quality/rule-catalogue.ts'
import { runTransformTwsBars, type TransformOutput } from '#main/pipeline/transform/run-transform-tws-bars.ts'
import { barsOf, OPEN_TS } from './bars-fixtures.ts'
import { found, inputOf, minuteOf, transform } from './quality-fixtures.ts'
import { SCENARIOS } from './quality-scenarios.ts'

/** Rules whose bars cannot stay. */
const ALWAYS_OUT: readonly RuleId[] = ['out_of_session', 'not_on_minute', 'price_invalid']

/** What a rule marks bars with besides doubting them. */
const OWN_FLAG: Partial<Record<RuleId, number>> = {
  ohlc_inconsistent: BarFlag.OhlcRepaired,
  volume_invalid: BarFlag.VolumeUnknown,
  duplicate_conflicting: BarFlag.ConflictingDuplicate,
}

/** The scenario of a rule; the other rules that may do something about it are off. */
function run(rule: RuleId, entry: Readonly<Record<string, unknown>> = {}): TransformOutput {
  const { responses, settings } = SCENARIOS[rule]
  const others = RULE_IDS.filter((id) => id !== rule && (RULES[id].actions as readonly string[]).includes('keep'))
  const rules = { ...Object.fromEntries(others.map((id) => [id, { enabled: false }])), [rule]: entry }
  const raw = responses.map((bars, i) => ({
    id: i + 1,
    receivedAtMs: i,
    bars: barsOf(bars),
    ...(rule === 'adjusted_history' ? { scale: { price: 1, volume: 1 } } : {}),
  }))
  return runTransformTwsBars(inputOf(raw, { ...settings, quality: { rules } }))
}

function flagAt(output: TransformOutput, minute: number): number | undefined {
  const row = output.bars.ts.indexOf(OPEN_TS + 60 * minute)
  return row < 0 ? undefined : output.bars.flags[row]
}

const CASES = RULE_IDS.flatMap((rule) => RULES[rule].actions.map((action) => ({ rule, action })))

describe('every rule', () => {
  test.each(RULE_IDS)('%s finds what it is for once, with its default severity, blocking and action', (rule) => {
    const { severity, blocking, action } = RULES[rule]
    expect(found(run(rule), rule)).toMatchObject([{ rule, severity, blocking, action }])
    expect(run(rule).findings.map((finding) => finding.rule)).toEqual([rule])
  })

  test.each(RULE_IDS)('%s says what it found in a sentence, without a number that is none', (rule) => {
    const [{ message }] = found(run(rule), rule)
    expect(message).toMatch(/^[A-Z0-9].*\.$/)
    expect(message).not.toMatch(/undefined|NaN|null|Infinity/)
  })

  test.each(RULE_IDS)('%s is about bars that are in the finding with their neighbours, or about none', (rule) => {
    const { bars } = SCENARIOS[rule]
    const [finding] = found(run(rule), rule)
    if (bars.length === 0) expect(finding.context).toBeUndefined()
    else {
      expect(minuteOf(finding.ts)).toBeCloseTo(bars[0], 9)
      expect(minuteOf(finding.lastTs)).toBeCloseTo(bars[bars.length - 1], 9)
      expect(finding.context?.bar.ts).toBe(finding.ts)
    }
  })

  test.each(RULE_IDS)('%s has the severity and the blocking that are configured', (rule) => {
    for (const severity of SEVERITIES) {
      for (const blocking of [true, false])
        expect(found(run(rule, { severity, blocking }), rule)).toMatchObject([{ severity, blocking }])
    }
  })
})

describe('a rule that is switched off', () => {
  const optional = RULE_IDS.filter((rule) => (RULES[rule].actions as readonly string[]).includes('keep'))

  test.each(optional)('(%s) finds nothing and does nothing', (rule) => {
    for (const action of RULES[rule].actions) {
      const output = run(rule, { enabled: false, action })
      expect(output.findings).toEqual([])
      expect(output.quality).toMatchObject({ dropped: 0, flagged: 0, quarantined: false, refetch: false })
    }
  })

  const needed = RULE_IDS.filter((rule) => !optional.includes(rule))

  test('can be none that keeps bars sound', () => {
    expect(needed).toEqual(['out_of_session', 'not_on_minute', 'price_invalid', 'ohlc_inconsistent', 'volume_invalid'])
    for (const rule of needed) {
      const result = qualityConfigSchema.safeParse({ rules: { [rule]: { enabled: false } } })
      expect(result.error?.issues).toMatchObject([{ path: ['rules', rule, 'enabled'] }])
    }
  })
})

describe('the action of a rule', () => {
  test.each(CASES)('$rule: $action', ({ rule, action }) => {
    const { bars } = SCENARIOS[rule]
    const output = run(rule, { action })
    const isOut =
      bars.length > 0 &&
      (action === 'drop' || ALWAYS_OUT.includes(rule) || (rule === 'ohlc_inconsistent' && action !== 'flag'))
    expect(found(output, rule)).toMatchObject([{ action }])
    expect(output.quality.refetch).toBe(action === 'refetch')
    expect(output.quality.quarantined).toBe(action === 'quarantine')
    expect(output.quality.dropped).toBe(isOut ? bars.length : 0)
    const quarantine = action === 'quarantine' ? BarFlag.Quarantined : 0
    const own = OWN_FLAG[rule] ?? BarFlag.Suspect
    for (const minute of bars) {
      const marked = action === 'keep' ? 0 : own
      expect(flagAt(output, minute)).toBe(isOut ? undefined : marked | quarantine)
    }
    // A bar that nothing is wrong with, and whether anything is made from the session.
    expect((flagAt(output, 50) ?? NaN) & (BarFlag.Quarantined | BarFlag.Suspect)).toBe(quarantine)
  })

  test('quarantine marks every bar, filled ones as well', () => {
    const output = run('minutes_not_traded', { action: 'quarantine' })
    expect(output.quality).toMatchObject({ filled: 1, flagged: 390, quarantined: true })
    expect([...output.bars.flags].every((flag) => (flag & BarFlag.Quarantined) !== 0)).toBe(true)
    expect(flagAt(output, 100)).toBe(BarFlag.Filled | BarFlag.Quarantined)
  })

  test('of several rules adds up on one bar', () => {
    const { responses } = SCENARIOS.bad_tick
    const both = responses[0].with(100, { ...responses[0][100], high: 110, volume: -1 })
    const output = transform(both)
    expect(flagAt(output, 100)).toBe(BarFlag.Suspect | BarFlag.VolumeUnknown)
    expect(output.quality.flagged).toBe(1)
  })

  test.each(RULE_IDS)('of %s can be none that the rule does not offer', (rule) => {
    const offered: readonly RuleAction[] = RULES[rule].actions
    expect(offered).toContain(RULES[rule].action)
    for (const action of RULE_ACTIONS) {
      const { success } = qualityConfigSchema.safeParse({ rules: { [rule]: { action } } })
      expect(success).toBe(offered.includes(action))
    }
  })
})

describe('the rules as configured', () => {
  test('are the built-in ones where nothing is said', () => {
    const book = ruleBook(qualityConfigSchema.parse({}))
    expect(Object.keys(book)).toEqual(RULE_IDS)
    for (const rule of RULE_IDS) {
      const { version, severity, blocking, action, params } = RULES[rule]
      expect(book[rule]).toEqual({ version, enabled: true, severity, blocking, action, params: params.parse({}) })
    }
  })

  test('change what is said and leave the rest', () => {
    const rules = { bad_tick: { action: 'drop', params: { factor: 20 } }, duplicate: { enabled: false } }
    const book = ruleBook(qualityConfigSchema.parse({ rules }))
    expect(book.bad_tick).toMatchObject({ enabled: true, severity: 'error', action: 'drop' })
    expect(book.bad_tick.params).toEqual({ factor: 20, minimumBp: 20, minimumTicks: 5, reversal: 0.6 })
    expect(book.duplicate).toMatchObject({ enabled: false, action: 'keep' })
    expect(book.price_move).toEqual(ruleBook(qualityConfigSchema.parse({})).price_move)
  })

  test.each([
    { rules: { no_such_rule: {} } },
    { rules: { bad_tick: { params: { reversal: 1.1 } } } },
    { rules: { bad_tick: { params: { unknown: 1 } } } },
    { rules: { flat_run: { params: { minimumBars: 1 } } } },
    { filling: { maxMinutes: 0 } },
    { historySessions: 0 },
    { thresholds: { minimumCoverage: 2 } },
  ])('cannot be %j', (config) => {
    expect(qualityConfigSchema.safeParse(config).success).toBe(false)
  })
})
