import type { LegacyBarsInput } from '#shared/config/legacy-config.ts'
import { type Preview, type PreviewRow, REJECT_KINDS } from '#shared/contract/old-data.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { isoLocal, isoUtc } from '#shared/time.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { alignColumns } from '../align-columns.ts'
import { type Command, type CommandInput, type CommandOutput, ExitCode } from '../command.ts'
import { withEngine } from '../engine-access.ts'
import { integerOption, textOption, wordOption } from '../options.ts'

type Change = Parameters<EngineClient['legacy']['planChange']>[0]

/** Lines of switchyard.yaml that are shown around a change. */
const CONTEXT = 3

/** Options of a command that can write what it found into switchyard.yaml. */
export const WRITE_OPTIONS: Command['options'] = {
  write: { type: 'boolean', help: 'Write the description into switchyard.yaml, beside those that are there' },
  replace: { type: 'string', help: 'With --write: put it in the place of this one, for example oldPipeline.bars' },
  name: { type: 'string', help: 'With --write: what the old pipeline is called when it has no name yet [old]' },
  'dry-run': { type: 'boolean', help: 'Show what would be written, and write nothing' },
}

export function isWriting({ values }: CommandInput): boolean {
  return values['write'] === true || values['dry-run'] === true
}

/** The change that the options ask for. */
export function changeTo(input: CommandInput, description: LegacyBarsInput): Change {
  const key = textOption(input, 'replace')
  if (key !== undefined) return { kind: 'replace', key, description }
  const name = textOption(input, 'name')
  return { kind: 'add', description, ...(name === undefined ? {} : { name }) }
}

/** Plans a change of the descriptions and makes it, unless it is a dry run. */
export async function changeDescriptions(
  client: EngineClient,
  input: CommandInput,
  change: Change,
): Promise<{ readonly json: unknown; readonly text: readonly string[] }> {
  const plan = await client.legacy.planChange(change)
  const isDry = input.values['dry-run'] === true
  if (!isDry) await client.legacy.saveChange({ change, fileHash: plan.fileHash })
  const isNear = plan.diff.map((_, i) =>
    plan.diff.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(({ kind }) => kind !== 'same'),
  )
  const lines = plan.diff
    .filter((_, i) => isNear[i])
    .map(({ kind, text }) => `${kind === 'added' ? '+' : kind === 'removed' ? '-' : ' '} ${text}`)
  return {
    json: { ...plan, written: !isDry },
    text: [
      ...lines,
      '',
      isDry
        ? `Nothing was written. This would change ${plan.key} in ${plan.file}.`
        : `Written: ${plan.key} in ${plan.file}.`,
      ...(plan.waitingForRestart.length === 0
        ? []
        : [
            `Also changed since the engine started, and used after its next start: ${plan.waitingForRestart.join(', ')}.`,
          ]),
    ],
  }
}

const files: Command = {
  name: 'legacy files',
  summary: 'Show what is described of the old pipeline, and the files that were imported',
  usage: '',
  options: {},
  run: (input) =>
    withEngine(input.workspace, async (client) => {
      const described = await client.legacy.described()
      const imported = await client.legacy.files()
      return {
        exitCode: ExitCode.Done,
        json: { described, imported },
        text: [
          ...(described.descriptions.length === 0
            ? ['Nothing is described yet. "switchyard legacy sniff FILE --write" describes files.']
            : described.descriptions.map(
                ({ key, description, files: found }) =>
                  `${key}: ${description.files}, ${found.count} ${found.count === 1 ? 'file' : 'files'}${found.missing.length === 0 ? '' : `, none for ${found.missing.join(', ')}`}`,
              )),
          '',
          ...alignColumns([
            ['file', 'rows', 'imported', 'refused', 'duplicates', 'first', 'last', 'doubts'],
            ...imported.map((file) => [
              file.file,
              String(file.rowsInFile),
              String(file.rows),
              String(file.rejected),
              String(file.duplicates),
              file.firstTs === null ? '-' : isoUtc(file.firstTs),
              file.lastTs === null ? '-' : isoUtc(file.lastTs),
              String(file.doubts.length),
            ]),
          ]),
        ],
      }
    }),
}

const rejected: Command = {
  name: 'legacy rejected',
  summary: 'List refused rows and duplicates of the old files, with file, line and reason',
  usage: '[--file F] [--kind all|refused|duplicate] [--limit N] [--offset N]',
  options: {
    file: { type: 'string', help: 'Of this file only, as "switchyard legacy files" names it' },
    kind: { type: 'string', help: `${REJECT_KINDS.join(', ')} [all]` },
    limit: { type: 'string', help: 'At most so many [200]' },
    offset: { type: 'string', help: 'Pass over so many [0]' },
  },
  run: (input) =>
    withEngine(input.workspace, async (client) => {
      const file = textOption(input, 'file')
      const kind = wordOption(input, 'kind', REJECT_KINDS)
      const rows = await client.legacy.rejected({
        ...(file === undefined ? {} : { file }),
        ...(kind === undefined ? {} : { kind }),
        limit: integerOption(input, 'limit', 1, 10_000) ?? 200,
        offset: integerOption(input, 'offset', 0, 1_000_000_000) ?? 0,
      })
      return {
        exitCode: ExitCode.Done,
        json: rows,
        text: rows.map(({ file: of, line, reason, text }) => `${of}:${line}: ${reason}: ${text}`),
      }
    }),
}

const preview: Command = {
  name: 'legacy preview',
  summary: 'Show the first rows of a described file as they stand there and as they would be imported',
  usage: '[KEY] [--file F]',
  options: {
    file: { type: 'string', help: 'One of the files that the description names; the first one when left out' },
  },
  allowPositionals: true,
  run: (input) =>
    withEngine(input.workspace, async (client): Promise<CommandOutput> => {
      const key = keyOf(input) ?? 'oldPipeline.bars'
      const { descriptions } = await client.legacy.described()
      const own = descriptions.find((one) => one.key === key)
      if (own === undefined) {
        throw new SwitchyardError('NOT_FOUND', `switchyard.yaml has no ${key}.`, {
          hint:
            descriptions.length === 0
              ? 'Nothing is described yet; "switchyard legacy sniff FILE --write" describes files.'
              : `It has ${descriptions.map((one) => one.key).join(', ')}.`,
        })
      }
      const file = textOption(input, 'file')
      const shown = await client.legacy.preview({
        description: own.description,
        ...(file === undefined ? {} : { file }),
      })
      return { exitCode: ExitCode.Done, json: shown, text: previewText(shown) }
    }),
}

function previewText({ file, rows, head, sample, doubts, failure, zone, hours }: Preview): string[] {
  const lines = [
    ...head.map(({ line, cells, kind }) => [String(line), cells.join(' | '), kind]),
    ...rows.map(({ line, cells, outcome }) => [String(line), cells.join(' | '), outcomeText(outcome, zone)]),
  ]
  return [
    `${file}: ${sample.rows} rows${sample.isWhole ? '' : ' at its beginning'} = ${sample.bars} bars + ${sample.refused} refused + ${sample.duplicates} duplicates`,
    ...(failure === null ? [] : [`It cannot be read as described: ${failure.message}`]),
    `Line, as it stands there, and as a bar (start in ${zone} and UTC; open, high, low, close, volume):`,
    ...alignColumns(lines).map((line) => `  ${line}`),
    ...(hours === null
      ? []
      : [
          `Sessions of the exchange: ${hours.open} to ${hours.close}. The first bar usually starts at ${hours.firstBar.clock}, the last at ${hours.lastBar.clock}.`,
        ]),
    ...doubts.map((doubt) => `doubt: ${doubt}`),
  ]
}

function outcomeText(outcome: PreviewRow['outcome'], zone: string): string {
  if (outcome.kind === 'unknown') return ''
  if (outcome.kind !== 'bar') return `${outcome.kind}: ${outcome.reason}`
  const { ts, open, high, low, close, volume } = outcome.bar
  const values = [open, high, low, close, volume].map((value) => value ?? '-')
  return [isoLocal(ts, zone).slice(0, 16), isoUtc(ts), ...values].join(' ')
}

const remove: Command = {
  name: 'legacy remove',
  summary: 'Take a description out of switchyard.yaml; what was imported stays until the next import',
  usage: 'KEY [--dry-run]',
  options: { 'dry-run': { type: 'boolean', help: 'Show what would be written, and write nothing' } },
  allowPositionals: true,
  run: (input) => {
    const key = keyOf(input)
    if (key === undefined) {
      throw new SwitchyardError('BAD_ARGUMENTS', 'Name one description.', {
        hint: 'For example: switchyard legacy remove oldPipeline.bars',
      })
    }
    return withEngine(input.workspace, async (client) => ({
      exitCode: ExitCode.Done,
      ...(await changeDescriptions(client, input, { kind: 'remove', key })),
    }))
  },
}

/** The one positional argument. */
function keyOf({ positionals }: CommandInput): string | undefined {
  const [key, ...more] = positionals
  if (more.length > 0) {
    throw new SwitchyardError('BAD_ARGUMENTS', 'Name one description.', { hint: 'See --help.' })
  }
  return key
}

/** Commands about what is described of the old pipeline's files. */
export const DESCRIPTION_COMMANDS: readonly Command[] = [files, preview, rejected, remove]
