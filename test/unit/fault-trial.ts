import type { Session } from '#shared/calendar/calendar.ts'
import { RULE_IDS, type RuleId } from '#shared/quality/rule-catalogue.ts'
import type { Random } from '#main/simulator/markets/random.ts'
import { SymbolHistory } from '#main/pipeline/quality/symbol-history.ts'
import {
  runTransformTwsBars,
  type TransformFinding,
  type TransformInput,
  type TransformOutput,
} from '#main/pipeline/transform/run-transform-tws-bars.ts'
import { barsOf, rowsOf } from './bars-fixtures.ts'
import { type CleanSession, type Faulty, type FaultKind, leveled, type Row } from './fault-makers.ts'
import { FAULT_KINDS } from './injected-faults.ts'
import { curationConfig, SETTLED } from './quality-fixtures.ts'
import { normalOf } from './symbol-normal.ts'

/** One session as a good broker sends it. */
export interface TrialSession {
  readonly session: Session
  readonly rows: readonly Row[]
}

export interface FoundFault {
  readonly kind: FaultKind
  readonly symbol: string
  readonly date: string
  readonly wasFound: boolean
  readonly minute: number
}

export interface OtherFinding {
  readonly symbol: string
  readonly date: string
  /** The fault of the session, if any. */
  readonly kind: string | undefined
  readonly finding: TransformFinding
}

export interface Trial {
  readonly faults: FoundFault[]
  /** Findings that are neither about the fault of the session nor there without it. */
  readonly unexplained: OtherFinding[]
  /** Findings about the fault of the session, by rule. */
  readonly explained: Map<RuleId, number>
}

export const newTrial = (): Trial => ({ faults: [], unexplained: [], explained: new Map() })

/** The facts of a session that was fetched to the end, with the daily bar that its minutes add up to. */
export function factsOf(session: Session, rows: readonly Row[]): TransformInput['facts'] {
  return {
    ...SETTLED,
    brokerHours: { openTs: session.openTs, closeTs: session.closeTs },
    dailyBar: {
      open: rows[0].open,
      high: Math.max(...rows.map(({ high }) => high)),
      low: Math.min(...rows.map(({ low }) => low)),
      close: rows[rows.length - 1].close,
      volume: rows.reduce((sum, { volume }) => sum + volume, 0),
    },
  }
}

function curate(
  session: Session,
  faulty: Pick<Faulty, 'responses' | 'facts'>,
  history: SymbolHistory,
): TransformOutput {
  return runTransformTwsBars({
    session,
    fromTs: session.openTs - 6 * 3_600,
    toTs: session.closeTs + 5 * 3_600,
    responses: faulty.responses.map(({ rows, scale }, i) => ({
      id: i + 1,
      receivedAtMs: i,
      bars: barsOf(rows),
      ...(scale === undefined ? {} : { scale }),
    })),
    config: curationConfig(),
    facts: faulty.facts,
    baseline: history.baseline(),
  })
}

/** Every finding in the sessions as they are. */
export function findingsInClean(symbol: string, sessions: readonly TrialSession[]): OtherFinding[] {
  const history = new SymbolHistory(20)
  return sessions.flatMap(({ session, rows }) => {
    const output = curate(session, { responses: [{ rows }], facts: factsOf(session, rows) }, history)
    history.add(session, output.sound)
    return output.findings.map((finding) => ({ symbol, date: session.date, kind: undefined, finding }))
  })
}

/**
 * Goes through the sessions of a symbol in order, puts one fault into most of them, and notes what is found. Later sessions are judged by
 * a history that has the faults in it.
 */
export function runTrial(symbol: string, sessions: readonly TrialSession[], random: Random, trial: Trial): void {
  const history = new SymbolHistory(20)
  const past: { session: Session; rows: readonly Row[] }[] = []
  let level = { price: 1, volume: 1 }
  for (const { session, rows: asMade } of sessions) {
    const rows = level.price === 1 && level.volume === 1 ? asMade : leveled(asMade, level)
    const facts = factsOf(session, rows)
    const clean: CleanSession = { session, rows, facts, normal: normalOf(past, { session, rows }) }
    const without = curate(session, { responses: [{ rows }], facts }, history)
    const kind = FAULT_KINDS[random.between(0, FAULT_KINDS.length - 1)]
    const faulty = random.uniform() < 0.8 ? kind.inject(clean, random) : undefined
    if (faulty === undefined) {
      history.add(session, without.sound)
      past.push({ session, rows: rowsOf(without.sound) })
      continue
    }
    const output = curate(session, faulty, history)
    note(trial, symbol, session, kind, faulty, without, output)
    history.add(session, output.sound)
    past.push({ session, rows: rowsOf(output.sound) })
    if (faulty.level !== undefined) {
      const { price, volume } = faulty.level
      level = { price: level.price * price, volume: level.volume * volume }
    }
  }
}

/** Rules about the first bar, whichever that is. */
const OF_THE_OPEN: ReadonlySet<string> = new Set(['open_gap', 'split_jump'])

function note(
  trial: Trial,
  symbol: string,
  session: Session,
  kind: FaultKind,
  faulty: Faulty,
  without: TransformOutput,
  output: TransformOutput,
): void {
  // A fault can cut a finding of the session as it is into two, or have it begin elsewhere.
  const isThereAnyway = ({ rule, ts, lastTs }: TransformFinding): boolean =>
    without.findings.some(
      (one) => one.rule === rule && (OF_THE_OPEN.has(rule) || (one.ts <= lastTs && one.lastTs >= ts)),
    )
  const isOfFault = ({ rule, ts, lastTs }: TransformFinding): boolean =>
    rule === kind.rule && ts <= faulty.to && lastTs >= faulty.from
  trial.faults.push({
    kind,
    symbol,
    date: session.date,
    minute: (faulty.from - session.openTs) / 60,
    wasFound: output.findings.some(isOfFault),
  })
  for (const finding of output.findings) {
    const rule = finding.rule as RuleId
    if (isOfFault(finding) || kind.also?.includes(rule) === true)
      trial.explained.set(rule, (trial.explained.get(rule) ?? 0) + 1)
    else if (!isThereAnyway(finding)) trial.unexplained.push({ symbol, date: session.date, kind: kind.name, finding })
  }
}

export interface RuleScore {
  readonly rule: RuleId
  readonly injected: number
  readonly found: number
  readonly recall: number
  readonly falseFindings: number
  readonly precision: number
}

/** @param falseInClean findings in the sessions without faults that are not true. */
export function scoresOf(trial: Trial, falseInClean: readonly OtherFinding[]): RuleScore[] {
  return RULE_IDS.map((rule) => {
    const own = trial.faults.filter(({ kind }) => kind.rule === rule)
    const found = own.filter(({ wasFound }) => wasFound).length
    const falseFindings = [...trial.unexplained, ...falseInClean].filter(({ finding }) => finding.rule === rule).length
    const right = trial.explained.get(rule) ?? 0
    return {
      rule,
      injected: own.length,
      found,
      recall: own.length === 0 ? NaN : found / own.length,
      falseFindings,
      precision: right + falseFindings === 0 ? NaN : right / (right + falseFindings),
    }
  })
}

export function tableOf(title: string, scores: readonly RuleScore[]): string {
  const share = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(3))
  const cells = [
    ['rule', 'injected', 'found', 'recall', 'false', 'precision'],
    ...scores.map(({ rule, injected, found, recall, falseFindings, precision }) => [
      rule,
      String(injected),
      String(found),
      share(recall),
      String(falseFindings),
      share(precision),
    ]),
  ]
  const widths = cells[0].map((_cell, i) => Math.max(...cells.map((row) => row[i].length)))
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')
  return [title, ...cells.map(line)].join('\n')
}
