import { isoUtc } from '#shared/time.ts'
import type { Acceptance, CompareRow, RunCauses } from '#shared/contract/causes.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { ROW_ORDERS } from '#shared/contract/causes.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { alignColumns } from '../align-columns.ts'
import { type Command, type CommandInput, ExitCode } from '../command.ts'
import { withEngine } from '../engine-access.ts'
import {
  dateOption,
  integerOption,
  requiredText,
  selection,
  SELECTION_OPTIONS,
  textOption,
  wordOption,
  wordsOption,
} from '../options.ts'

const causes: Command = {
  name: 'compare causes',
  summary: 'Show what a comparison run explains its differences by, and what nobody has accepted',
  usage: 'RUN',
  options: {},
  allowPositionals: true,
  run: (input) => {
    const [runId] = positionals(input, ['RUN'])
    return withEngine(input.workspace, async (client) => {
      const found = await client.compare.causes({ runId })
      const { waiting, open } = found.differences
      return {
        exitCode: waiting + open > 0 ? ExitCode.Findings : ExitCode.Done,
        json: found,
        text: [found.runId, ...causeLines(found)],
      }
    })
  },
}

/** What is explained of a run, its causes, and what is left. */
export function causeLines({ isSearched, differences, open, causes: found }: RunCauses): string[] {
  const { total, explained, waiting } = differences
  const fields = Object.entries(open.fields).map(([field, count]) => `${field} ${count}`)
  const rows = [
    ['only in old', open.oldOnly],
    ['only in new', open.newOnly],
    ['old rows of the same minute', open.doubled],
  ] as const
  const left = [...fields, ...rows.filter(([, count]) => count > 0).map(([name, count]) => `${name} ${count}`)]
  return [
    `${total} differences: ${explained} explained, ${waiting} waiting for a decision, ${differences.open} without a cause`,
    ...(isSearched ? [] : ['  No causes were looked for in this run.']),
    ...found.flatMap(({ causeKey, words, explained: count, share, symbols, accepted, acceptances }) => [
      `  ${count} (${Number((100 * share).toPrecision(4))} %) ${words}`,
      `    ${causeKey}, in ${symbols.map(({ symbol }) => symbol).join(', ')}${accepted > 0 ? `; ${accepted} accepted` : ''}`,
      ...acceptances
        .filter(({ state }) => state === 'active')
        .map((acceptance) => `    ${acceptanceWords(acceptance)}`),
      ...symbols
        .filter(({ isOutgrown }) => isOutgrown)
        .map(({ symbol }) => `    ${symbol}: more than twice as large as when it was accepted; it waits again`),
    ]),
    ...(left.length === 0 ? [] : [`  without a cause: ${left.join(', ')}`]),
  ]
}

function acceptanceWords({ id, author, reason, scope, expiresAtMs }: Acceptance): string {
  const where = [
    ...(scope.symbols === undefined ? [] : [scope.symbols.join(', ')]),
    ...(scope.from === undefined ? [] : [`from ${scope.from}`]),
    ...(scope.to === undefined ? [] : [`to ${scope.to}`]),
    ...(scope.fields === undefined ? [] : [scope.fields.join(', ')]),
  ]
  const until = expiresAtMs === null ? '' : `, until ${new Date(expiresAtMs).toISOString()}`
  return `accepted (${id}) by ${author}: ${reason}${where.length === 0 ? '' : ` [${where.join('; ')}]`}${until}`
}

const accept: Command = {
  name: 'compare accept',
  summary: 'Accept a cause: its differences count as explained, never as equal',
  usage:
    'RUN CAUSE --reason TEXT --author NAME [--until TIME] [--symbols A,B] [--from D] [--to D] [--fields open,volume]',
  options: {
    ...SELECTION_OPTIONS,
    fields: { type: 'string', help: 'Only values of these fields; minutes on one side only are then not covered' },
    until: { type: 'string', help: 'When it ends, such as 2027-01-31 or 2027-01-31T20:00Z; never when left out' },
    reason: { type: 'string', help: 'Why it may stand' },
    author: { type: 'string', help: 'Who says so' },
  },
  allowPositionals: true,
  run: (input) => {
    const [runId, causeKey] = positionals(input, ['RUN', 'CAUSE'])
    const reason = requiredText(input, 'reason')
    const author = requiredText(input, 'author')
    const fields = wordsOption(input, 'fields', COMPARED_FIELDS)
    const scope = { ...selection(input), ...(fields === undefined ? {} : { fields }) }
    const expiresAtMs = untilOption(input)
    return withEngine(input.workspace, async (client) => {
      const accepted = await client.compare.acceptCause({ runId, causeKey, scope, reason, author, expiresAtMs })
      return { exitCode: ExitCode.Done, json: accepted, text: [accepted.words, acceptanceWords(accepted)] }
    })
  },
}

function untilOption(input: CommandInput): number | null {
  const text = textOption(input, 'until')
  if (text === undefined) return null
  const ms = momentOf(text)
  if (Number.isNaN(ms)) {
    throw new SwitchyardError('BAD_ARGUMENTS', `--until cannot read "${text}".`, {
      hint: 'Write a day, which begins at midnight UTC, or a time: 2027-01-31 or 2027-01-31T20:00Z.',
    })
  }
  return ms
}

/** Milliseconds of a day or a time in UTC; NaN for anything else, a time without a zone and a day that no month has included. */
function momentOf(text: string): number {
  if (!/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?Z)?$/.test(text)) return NaN
  const ms = Date.parse(text)
  return Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text.slice(0, 10)) ? NaN : ms
}

const withdraw: Command = {
  name: 'compare withdraw',
  summary: 'Take the acceptance of a cause back; it stays on record',
  usage: 'ID --reason TEXT --author NAME',
  options: {
    reason: { type: 'string', help: 'Why it no longer stands' },
    author: { type: 'string', help: 'Who says so' },
  },
  allowPositionals: true,
  run: (input) => {
    const [id] = positionals(input, ['ID'])
    if (!/^\d{1,15}$/.test(id)) {
      throw new SwitchyardError('BAD_ARGUMENTS', `"${id}" is no number of an acceptance.`, {
        hint: '"compare acceptances" lists them.',
      })
    }
    const reason = requiredText(input, 'reason')
    const author = requiredText(input, 'author')
    return withEngine(input.workspace, async (client) => {
      const withdrawn = await client.compare.withdrawAcceptance({ id: Number(id), reason, author })
      return { exitCode: ExitCode.Done, json: withdrawn, text: [`${withdrawn.id} withdrawn: ${withdrawn.words}`] }
    })
  },
}

const acceptances: Command = {
  name: 'compare acceptances',
  summary: 'List the causes that were accepted, newest first',
  usage: '',
  options: {},
  run: (input) =>
    withEngine(input.workspace, async (client) => {
      const list = await client.compare.acceptances()
      const lines = list.map(
        (acceptance) => `${acceptance.state.padEnd(9)} ${acceptanceWords(acceptance)}: ${acceptance.words}`,
      )
      return { exitCode: ExitCode.Done, json: list, text: list.length === 0 ? ['No cause was accepted.'] : lines }
    }),
}

const CLASSES = ['within_tolerance', 'different', 'old_only', 'new_only', 'not_settled'] as const
const STATES = ['explained', 'waiting', 'open'] as const

const rows: Command = {
  name: 'compare rows',
  summary: 'Show rows of a run that are not equal, the largest differences first',
  usage:
    'RUN [--symbols A,B] [--from D] [--to D] [--classes different,old_only] [--field F] [--least X] [--cause KEY] [--state open] [--order largest|time] [--limit N]',
  options: {
    ...SELECTION_OPTIONS,
    classes: { type: 'string', help: CLASSES.join(', ') },
    field: { type: 'string', help: 'Rows in which this field is not equal' },
    least: { type: 'string', help: 'The least size of the difference' },
    cause: { type: 'string', help: 'Rows whose explanation needs this cause' },
    state: { type: 'string', help: STATES.join(', ') },
    order: { type: 'string', help: ROW_ORDERS.join(', ') },
    limit: { type: 'string', help: 'At most this many; 50 when left out' },
  },
  allowPositionals: true,
  run: (input) => {
    const [runId] = positionals(input, ['RUN'])
    const classes = wordsOption(input, 'classes', CLASSES)
    const field = wordOption(input, 'field', COMPARED_FIELDS)
    const state = wordOption(input, 'state', STATES)
    const order = wordOption(input, 'order', ROW_ORDERS)
    const causeKey = textOption(input, 'cause')
    const leastDifference = leastOption(input)
    const limit = integerOption(input, 'limit', 1, 1_000) ?? 50
    return withEngine(input.workspace, async (client) => {
      const page = await client.compare.rows({
        runId,
        ...selection(input),
        ...(classes === undefined ? {} : { classes }),
        ...(field === undefined ? {} : { field }),
        ...(state === undefined ? {} : { state }),
        ...(order === undefined ? {} : { order }),
        ...(causeKey === undefined ? {} : { causeKey }),
        ...(leastDifference === undefined ? {} : { leastDifference }),
        limit,
      })
      const more = page.total > page.rows.length ? [`${page.total} rows in all.`] : []
      return { exitCode: ExitCode.Done, json: page, text: [...alignColumns(page.rows.map(rowCells)), ...more] }
    })
  },
}

function leastOption(input: CommandInput): number | undefined {
  const text = textOption(input, 'least')
  if (text === undefined) return undefined
  const least = Number(text)
  if (text.trim() !== '' && least >= 0 && least < Infinity) return least
  throw new SwitchyardError('BAD_ARGUMENTS', `--least must be a number from 0 on, not "${text}".`, {
    hint: 'For example --least 0.05.',
  })
}

function rowCells({ symbol, ts, class: name, old, fresh, unequal, state, causeKeys }: CompareRow): string[] {
  const values = unequal.map((field) => `${field} ${old[field] ?? '-'} -> ${fresh[field] ?? '-'}`)
  return [symbol, isoUtc(ts), name, state ?? '', values.join(', '), causeKeys.join(', ')]
}

const source: Command = {
  name: 'compare source',
  summary: 'Show the file and line that an old bar came from',
  usage: 'SYMBOL --session D --at TIME',
  options: {
    session: { type: 'string', help: 'Its session date' },
    at: { type: 'string', help: 'Start of the bar, such as 2024-07-03T14:31Z' },
  },
  allowPositionals: true,
  run: (input) => {
    const [symbol] = positionals(input, ['SYMBOL'])
    const sessionDate = dateOption(input, 'session')
    const at = momentOf(requiredText(input, 'at')) / 1000
    if (sessionDate === undefined || !Number.isInteger(at)) {
      throw new SwitchyardError('BAD_ARGUMENTS', 'Say which bar: its session and the start of its minute.', {
        hint: 'For example --session 2024-07-03 --at 2024-07-03T14:31Z.',
      })
    }
    return withEngine(input.workspace, async (client) => {
      const found = await client.compare.oldSource({ symbol, sessionDate, ts: at })
      return {
        exitCode: ExitCode.Done,
        json: found,
        text:
          found.sources.length === 0
            ? [`No file that ${sessionDate} was imported from has a bar of ${symbol} at ${isoUtc(at)}.`]
            : found.sources.map(
                ({ file, line, text, isCompared, problem }) =>
                  `${file}${line === null ? '' : `:${line}`}${isCompared ? ' (this one counts)' : ''}${text === null ? '' : `  ${text}`}${problem === null ? '' : `  ${problem}`}`,
              ),
      }
    })
  },
}

function positionals<Names extends readonly string[]>(
  { positionals: given }: CommandInput,
  names: Names,
): { [K in keyof Names]: string } {
  if (given.length === names.length) return given as unknown as { [K in keyof Names]: string }
  throw new SwitchyardError('BAD_ARGUMENTS', `Give ${names.join(' and ')}, and nothing else.`, {
    hint: '"compare runs" lists the runs, "compare causes RUN" its causes.',
  })
}

/** Commands about the causes of differences, through the contract. */
export const CAUSE_COMMANDS: readonly Command[] = [causes, accept, withdraw, acceptances, rows, source]
