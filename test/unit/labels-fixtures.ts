import { labelDefinitionSchema } from '#shared/labels/definition.ts'
import type { LabelDefinition } from '#shared/labels/definition.ts'
import { computeSessionLabels, LabelState } from '#main/pipeline/labels/compute-labels.ts'
import type { SessionLabels } from '#main/pipeline/labels/compute-labels.ts'
import type { SessionInput } from '#main/pipeline/features/compute-features.ts'

/** A definition as a reader writes it, with its defaults filled in. */
export function label(written: object): LabelDefinition {
  return labelDefinitionSchema.parse(written)
}

const NAMES = Object.entries(LabelState)

function stateName(state: number): string {
  const found = NAMES.find(([, value]) => value === state)
  if (found === undefined) throw new Error(`no state ${state}`)
  return found[0]
}

/** What a row says: its label and the minute of session at whose end it becomes known, or the name of its state. */
export type Row = string | readonly [label: number, knownAfterMinute: number]

/** The rows of labels, `knownAt` in minutes from the session's open. */
export function rowsOf({ label, knownAt, state }: SessionLabels, openTs: number): Row[] {
  return Array.from(state, (value, row): Row => {
    if (value === LabelState.Known) return [label[row], (knownAt[row] - openTs) / 60]
    if (!Number.isNaN(label[row]) || !Number.isNaN(knownAt[row])) throw new Error(`row ${row} is null and says a value`)
    return stateName(value)
  })
}

/** The rows of a label over one session, and the ones after it where given. */
export function labelRows(
  definition: LabelDefinition,
  current: SessionInput,
  following: readonly SessionInput[] = [],
  asOf = Infinity,
): Row[] {
  return rowsOf(computeSessionLabels(definition, current, following, asOf), current.session.openTs)
}
