import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import type { SessionDate } from '#shared/time.ts'
import { isWithin } from '../block-comparer.ts'
import type { Tolerances } from '../tolerances.ts'
import { findCut, type SessionEvidence } from './collect-evidence.ts'
import { bestRounding, quantaToTry, type Relation, type Rounding } from './find-rounding.ts'
import { findVolumeSource } from './find-volume-source.ts'
import type { Proposal } from './plan.ts'
import { isSame, type Period, PLAIN, relateValues } from './relate-values.ts'
import { LEAST_ROUNDING_FIT, LEAST_ROWS } from './thresholds.ts'

const [OPEN, HIGH, LOW, CLOSE, VOLUME, VWAP, TRADE_COUNT] = [0, 1, 2, 3, 4, 5, 6]
const isCount = (f: number): boolean => f === VOLUME || f === TRADE_COUNT

/** Everything but shifts that the evidence suggests, in the order of undoing. */
export function proposeCauses(
  evidence: readonly SessionEvidence[],
  dates: readonly SessionDate[],
  tolerances: Tolerances,
  tickSize: number | null,
): Proposal[] {
  const quanta = quantaToTry(tickSize)
  const periods = relateFields(evidence, tolerances, quanta)
  const roundings = COMPARED_FIELDS.map((_field, f) => findRounding(evidence, f, periods[f], quanta))
  const sum = (count: (one: SessionEvidence) => number): number =>
    evidence.reduce((total, one) => total + count(one), 0)

  const proposals = [...relationProposals(periods, dates), ...roundingProposals(roundings, periods)]
  const rows = (kind: 'fill' | 'zero_volume' | 'duplicates' | 'extended', count: number): boolean => {
    if (count < LEAST_ROWS) return false
    proposals.push(ROW_PROPOSALS[kind])
    return true
  }
  rows(
    'fill',
    sum((one) => one.extraInside),
  )
  rows(
    'zero_volume',
    sum((one) => one.zeroVolumeMissing),
  )
  rows(
    'duplicates',
    sum((one) => one.superseded),
  )
  for (const end of ['open', 'close'] as const) {
    const cut = findCut(evidence.map((one) => (end === 'open' ? one.atOpen : one.atClose)))
    if (cut === null) continue
    const { count, unit } = cut
    proposals.push({
      detail: { kind: 'bars_cut', parameters: { end, count, unit } },
      fields: null,
      undoing: { act: 'cut', end, ...cut },
    })
  }
  rows(
    'extended',
    sum((one) => one.outside),
  )
  proposals.push({
    detail: { kind: 'unfinished_last_bar', parameters: { sessions: 0 } },
    fields: null,
    undoing: { act: 'unfinished' },
  })
  if (roundings[VOLUME] === null) {
    const source = findVolumeSource(evidence, periods, tolerances)
    if (source !== null) proposals.push(source)
  }
  return proposals
}

const ROW_PROPOSALS: Readonly<Record<'fill' | 'zero_volume' | 'duplicates' | 'extended', Proposal>> = {
  fill: {
    detail: { kind: 'forward_fill', parameters: { prices: 'close', volume: 'zero' } },
    fields: null,
    undoing: { act: 'fill' },
  },
  zero_volume: {
    detail: { kind: 'dropped_zero_volume', parameters: {} },
    fields: null,
    undoing: { act: 'zero_volume' },
  },
  duplicates: {
    detail: { kind: 'duplicate_rows', parameters: {} },
    fields: null,
    undoing: { act: 'duplicates' },
  },
  extended: {
    detail: { kind: 'extended_hours', parameters: { beforeOpen: 0, afterClose: 0, inBreak: 0 } },
    fields: null,
    undoing: { act: 'extended' },
  },
}

function relateFields(
  evidence: readonly SessionEvidence[],
  tolerances: Tolerances,
  quanta: readonly number[],
): Period[][] {
  const periods: Period[][] = []
  const hints: Relation[] = []
  // Closes first: what holds for them is tried first on the other prices.
  for (const f of [CLOSE, OPEN, HIGH, LOW, VWAP, VOLUME, TRADE_COUNT]) {
    const { abs, rel } = tolerances[COMPARED_FIELDS[f]]
    periods[f] = relateValues(
      evidence.map(({ pairs }) => pairs[f]),
      !isCount(f),
      quanta,
      (old, fresh) => old === fresh || isWithin(old, fresh, abs, rel),
      isCount(f) ? [] : hints,
    )
    if (f === CLOSE) hints.push(...periods[f].map(({ relation }) => relation))
  }
  return periods
}

/** Fields whose relations are the same from date to date make one cause. */
function relationProposals(periods: readonly Period[][], dates: readonly SessionDate[]): Proposal[] {
  const groups: { fields: number[]; periods: readonly Period[] }[] = []
  periods.forEach((own, f) => {
    if (own.every(({ relation }) => isSame(relation, PLAIN))) return
    const group = groups.find(
      (other) =>
        // Lots and cents are two habits, even when both are a hundred.
        !other.fields.some(isCount) &&
        !isCount(f) &&
        other.periods.length === own.length &&
        other.periods.every(
          ({ from, to, relation }, i) => from === own[i].from && to === own[i].to && isSame(relation, own[i].relation),
        ),
    )
    if (group === undefined) groups.push({ fields: [f], periods: own })
    else group.fields.push(f)
  })
  return groups
    .flatMap((group) => groupProposals(group.fields, group.periods, dates))
    .sort((a, b) => RELATION_ORDER.indexOf(a.detail.kind) - RELATION_ORDER.indexOf(b.detail.kind))
    .slice(0, MOST_RELATIONS)
}

/** Sets of causes are bits of a number; so many relations are no explanation any more. */
const MOST_RELATIONS = 12
const RELATION_ORDER: readonly string[] = ['scale', 'adjustment', 'other_contract']

function groupProposals(fields: number[], periods: readonly Period[], dates: readonly SessionDate[]): Proposal[] {
  const names = fields.map((f) => COMPARED_FIELDS[f])
  const bySession = (is: (relation: Relation) => boolean): (Relation | null)[] =>
    periods.flatMap(({ from, to, relation }) =>
      Array.from({ length: to - from + 1 }, () => (is(relation) ? relation : null)),
    )
  const proposals: Proposal[] = []
  const scaled = periods.filter(({ relation }) => relation.ratio !== 1)
  if (scaled.length > 0) {
    const isScaled = ({ ratio }: Relation): boolean => ratio !== 1
    proposals.push({
      detail:
        periods.length === 1
          ? { kind: 'scale', parameters: { factor: scaled[0].relation.ratio } }
          : {
              kind: 'adjustment',
              parameters: {
                periods: scaled.map(({ from, to, relation }) => ({
                  from: dates[from],
                  to: dates[to],
                  ratio: relation.ratio,
                })),
              },
            },
      fields: names,
      undoing: { act: 'relation', fields, bySession: bySession(isScaled) },
    })
  }
  for (const basis of new Set(periods.map(({ relation }) => relation.basis))) {
    if (basis === 0) continue
    proposals.push({
      detail: { kind: 'other_contract', parameters: { basis } },
      fields: names,
      undoing: { act: 'relation', fields, bySession: bySession((relation) => relation.basis === basis) },
    })
  }
  return proposals
}

/** The rounding of one field, all periods together. */
function findRounding(
  evidence: readonly SessionEvidence[],
  f: number,
  periods: readonly Period[],
  quanta: readonly number[],
): Rounding | null {
  const [old, fresh, expected, undone]: [number[], number[], number[], number[]] = [[], [], [], []]
  for (const { from, to, relation } of periods) {
    for (let i = from; i <= to; i++) {
      const pairs = evidence[i].pairs[f]
      for (let k = 0; k < pairs.old.length; k++) {
        old.push(pairs.old[k])
        fresh.push(pairs.fresh[k])
        expected.push(relation.ratio * pairs.fresh[k] + relation.basis)
        undone.push((pairs.old[k] - relation.basis) / relation.ratio)
      }
    }
  }
  const [afterwards, before] = [
    bestRounding(Float64Array.from(old), Float64Array.from(expected), PLAIN, quanta),
    bestRounding(Float64Array.from(undone), Float64Array.from(fresh), PLAIN, quanta),
  ]
  const space = before.fits > afterwards.fits ? 'fresh' : 'old'
  const { rounding, fits } = space === 'fresh' ? before : afterwards
  return rounding !== null && fits >= LEAST_ROUNDING_FIT * old.length ? { ...rounding, space } : null
}

function roundingProposals(roundings: readonly (Rounding | null)[], periods: readonly Period[][]): Proposal[] {
  const groups: { fields: number[]; rounding: Rounding; quantum: number | null; oldQuantum: number | null }[] = []
  roundings.forEach((rounding, f) => {
    if (rounding === null) return
    const ratio = Math.abs((periods[f].at(-1) as Period).relation.ratio)
    const step = rounding.quantum
    const quantum = step === null || rounding.space === 'fresh' ? step : step / ratio
    const oldQuantum = step === null || rounding.space === 'old' ? step : step * ratio
    const group = groups.find(
      (other) =>
        !isCount(f) &&
        other.rounding.mode === rounding.mode &&
        other.rounding.space === rounding.space &&
        other.rounding.quantum === step &&
        isNearly(other.quantum, quantum),
    )
    if (group === undefined) groups.push({ fields: [f], rounding, quantum, oldQuantum })
    else group.fields.push(f)
  })
  return groups.map(({ fields, rounding, quantum, oldQuantum }) => ({
    detail: { kind: 'rounding', parameters: { mode: rounding.mode, quantum, oldQuantum } },
    fields: fields.map((f) => COMPARED_FIELDS[f]),
    undoing: { act: 'rounding', fields, rounding },
  }))
}

function isNearly(a: number | null, b: number | null): boolean {
  return a === b || (a !== null && b !== null && Math.abs(a - b) <= 1e-9 * Math.abs(a))
}
