import { SwitchyardError } from '#shared/errors.ts'
import type { Connection, ConnectionEntry, Traffic } from '#shared/contract/connection.ts'
import type { Coverage, CoverageState, IngestPlan, LiveSymbol, SessionFetch } from '#shared/contract/ingest.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import { isoUtc } from '#shared/time.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { type Command, type CommandInput, type CommandOutput, ExitCode } from '../command.ts'
import { withEngine } from '../engine-access.ts'
import {
  dateOption,
  integerOption,
  listOption,
  requiredDate,
  selection,
  SELECTION_OPTIONS,
  textOption,
} from '../options.ts'
import { runJob } from '../run-job.ts'

/** Symbols and dates of a command that needs both dates. */
function range(input: CommandInput): { from: string; to: string; symbols?: string[] } {
  return { ...selection(input), from: requiredDate(input, 'from'), to: requiredDate(input, 'to') }
}

const FLAGGED_OPTION = {
  type: 'boolean',
  help: 'Only sessions of which a quality rule wants another answer; the same one less and less often',
} as const

const ingest: Command = {
  name: 'ingest',
  summary: 'Fetch missing sessions from TWS into raw',
  usage: '--from D --to D [--symbols A,B] [--refetch | --flagged] [--wait] [--host H] [--port N]',
  options: {
    ...SELECTION_OPTIONS,
    refetch: {
      type: 'boolean',
      help: 'Ask also for sessions that are there; answers that differ are kept as revisions',
    },
    flagged: FLAGGED_OPTION,
    wait: { type: 'boolean', help: 'Wait for a TWS that is not there instead of failing at once' },
    host: { type: 'string', help: 'Host of TWS, over the configured one' },
    port: { type: 'string', help: 'Port of TWS, over the configured one' },
  },
  run: (input) => {
    const wanted = range(input)
    const host = textOption(input, 'host')
    const port = integerOption(input, 'port', 1, 65535)
    return runJob<'ingest'>(
      input,
      (client) =>
        client.ingest.start({
          ...wanted,
          refetch: input.values['refetch'] === true,
          flagged: input.values['flagged'] === true,
          waitForTws: input.values['wait'] === true,
          ...(host === undefined ? {} : { host }),
          ...(port === undefined ? {} : { port }),
        }),
      (result) => [
        ...result.withoutData.map(
          ({ symbol, sessionDate, reason }) => `  no data  ${symbol} ${sessionDate}: ${reason}`,
        ),
        ...shortLines(result.short),
        ...result.failed.map(({ symbol, sessionDate, reason }) => `  failed   ${symbol} ${sessionDate}: ${reason}`),
        ...result.scheduleDifferences.map(
          ({ symbol, sessionDate, calendar, broker }) =>
            `  hours    ${symbol} ${sessionDate}: calendar ${calendar}, broker ${broker}`,
        ),
      ],
    )
  },
}

const plan: Command = {
  name: 'ingest plan',
  summary: 'Say what an ingest would fetch, without asking TWS',
  usage: '--from D --to D [--symbols A,B] [--refetch | --flagged]',
  options: {
    ...SELECTION_OPTIONS,
    refetch: { type: 'boolean', help: 'Count sessions that are there, too' },
    flagged: FLAGGED_OPTION,
  },
  run: (input) => {
    const { values } = input
    const wanted = { ...range(input), refetch: values['refetch'] === true, flagged: values['flagged'] === true }
    return ask(input, (client) => client.ingest.plan(wanted), planLines)
  },
}

const coverage: Command = {
  name: 'ingest coverage',
  summary: 'Show how far each session is fetched, a letter a session',
  usage: '--from D --to D [--symbols A,B]',
  options: SELECTION_OPTIONS,
  run: (input) => {
    const wanted = range(input)
    return ask(input, (client) => client.ingest.coverage(wanted), coverageLines)
  },
}

const session: Command = {
  name: 'ingest session',
  summary: 'Show everything that is known about the fetching of one session',
  usage: 'SYMBOL DATE',
  options: {},
  allowPositionals: true,
  run: (input) => {
    const [symbol, sessionDate, ...rest] = input.positionals
    if (symbol === undefined || sessionDate === undefined || rest.length > 0) {
      throw new SwitchyardError('BAD_ARGUMENTS', 'Name one symbol and one session.', {
        hint: 'For example: switchyard ingest session SPY 2024-07-03',
      })
    }
    return ask(input, (client) => client.ingest.session({ symbol, sessionDate }), sessionLines)
  },
}

const revisions: Command = {
  name: 'ingest revisions',
  summary: 'List sessions of which a later answer had other values',
  usage: '[--symbols A,B] [--from D] [--to D]',
  options: SELECTION_OPTIONS,
  run: (input) =>
    ask(
      input,
      (client) => client.ingest.revisions(selection(input)),
      (list) =>
        list.map(
          ({ symbol, sessionDate, cause, pricesChanged, volumesChanged, added, lacking, volumeRatio }) =>
            `${symbol} ${sessionDate}  ${cause}: ${pricesChanged} with other prices, ${volumesChanged} with other volumes, ${added} new, ${lacking} lacking${volumeRatio === undefined ? '' : `, volume x ${volumeRatio}`}`,
        ),
    ),
}

const live: Command = {
  name: 'live',
  summary: 'Follow bars as they are made, until it is stopped; sessions that end are checked against history',
  usage: '[--symbols A,B] [--until D]',
  options: {
    symbols: SELECTION_OPTIONS['symbols'],
    until: { type: 'string', help: 'End after this session, YYYY-MM-DD' },
  },
  run: (input) => {
    const symbols = listOption(input, 'symbols')
    const untilSession = dateOption(input, 'until')
    return runJob<'live'>(
      input,
      (client) =>
        client.live.start({
          ...(symbols === undefined ? {} : { symbols }),
          ...(untilSession === undefined ? {} : { untilSession }),
        }),
      (result) =>
        result.failed.map(({ symbol, sessionDate, reason }) => `  failed   ${symbol} ${sessionDate}: ${reason}`),
    )
  },
}

const liveStatus: Command = {
  name: 'live status',
  summary: 'Show how the symbols that are followed stand',
  usage: '',
  options: {},
  run: (input) =>
    ask(
      input,
      (client) => client.live.status(),
      (list) => list.map(liveLine),
    ),
}

const CONNECTION_VERBS = ['status', 'connect', 'disconnect', 'log', 'traffic'] as const

const connection: Command = {
  name: 'connection',
  summary: 'Show the connection to TWS, its log or its use of what TWS allows; connect or disconnect',
  usage: `[${CONNECTION_VERBS.join(' | ')}]`,
  options: { limit: { type: 'string', help: 'Entries of the log at most; 200 when left out' } },
  allowPositionals: true,
  run: (input) => {
    const [word = 'status', ...rest] = input.positionals
    const verb = CONNECTION_VERBS.find((known) => known === word)
    if (verb === undefined || rest.length > 0) {
      throw new SwitchyardError('BAD_ARGUMENTS', `"connection ${input.positionals.join(' ')}" is not understood.`, {
        hint: `Use one of ${CONNECTION_VERBS.join(', ')}.`,
      })
    }
    const limit = integerOption(input, 'limit', 1, 5_000)
    switch (verb) {
      case 'status':
        return ask(input, (client) => client.connection.get(), connectionLines)
      case 'connect':
        return ask(input, (client) => client.connection.connect(), connectionLines)
      case 'disconnect':
        return ask(input, (client) => client.connection.disconnect(), connectionLines)
      case 'log':
        return ask(
          input,
          (client) => client.connection.log(limit === undefined ? {} : { limit }),
          (entries) => entries.toReversed().map(entryLine),
        )
      case 'traffic':
        return ask(input, (client) => client.connection.traffic(), trafficLines)
    }
  },
}

/** Every command about TWS. */
export const TWS_COMMANDS: readonly Command[] = [
  ingest,
  plan,
  coverage,
  session,
  revisions,
  live,
  liveStatus,
  connection,
]

/** Asks the engine once and prints the answer. */
function ask<T>(
  input: CommandInput,
  call: (client: EngineClient) => Promise<T>,
  lines: (answer: T) => readonly string[],
): Promise<CommandOutput> {
  return withEngine(input.workspace, async (client) => {
    const answer = await call(client)
    return { exitCode: ExitCode.Done, json: answer, text: lines(answer) }
  })
}

/** Sessions with minutes in which nobody traded are counted; others are named. */
function shortLines(short: JobResult<'ingest'>['short']): string[] {
  const quiet = Map.groupBy(
    short.filter(({ cause }) => cause === 'no-trades'),
    ({ symbol }) => symbol,
  )
  return [
    ...[...quiet].map(
      ([symbol, sessions]) => `  quiet    ${symbol}: ${sessions.length} sessions with minutes without a trade`,
    ),
    ...short
      .filter(({ cause }) => cause !== 'no-trades')
      .map(
        ({ symbol, sessionDate, reason, bars, expected }) =>
          `  short    ${symbol} ${sessionDate}: ${bars} of ${expected} minutes. ${reason}`,
      ),
  ]
}

function planLines({
  sessionsToFetch,
  sessionsAlreadyStored,
  requests,
  expectedBars,
  estimatedMs,
  symbols,
}: IngestPlan): string[] {
  const time = estimatedMs === undefined ? '' : `, about ${Math.ceil(estimatedMs / 1000)} s`
  return [
    `${sessionsToFetch} sessions in ${requests} requests, at most ${expectedBars} bars${time}; ${sessionsAlreadyStored} are there.`,
    ...symbols.map(
      (entry) => `  ${entry.symbol.padEnd(8)} ${entry.sessionsToFetch} to fetch, ${entry.sessionsAlreadyStored} there`,
    ),
  ]
}

const STATE_LETTERS: Readonly<Record<CoverageState, string>> = {
  complete: '#',
  short: 's',
  absent: '-',
  unconfirmed: '?',
  failed: 'x',
  missing: '.',
  waiting: 'w',
  running: '>',
}

function coverageLines({ sessions, rows }: Coverage): string[] {
  if (sessions.length === 0) return ['No session in this range.']
  const legend = Object.entries(STATE_LETTERS)
    .map(([state, letter]) => `${letter} ${state}`)
    .join('  ')
  return [
    `${sessions[0]} to ${sessions[sessions.length - 1]}, ${sessions.length} sessions`,
    ...rows.map(
      ({ symbol, states }) =>
        `${symbol.padEnd(8)} ${states.map((state) => (state === null ? ' ' : STATE_LETTERS[state])).join('')}`,
    ),
    legend,
  ]
}

/** Gaps of a session that are printed; all are in the JSON. */
const MOST_GAPS = 20

function sessionLines({ symbol, sessionDate, state, bars, expected, reason, gaps, requests }: SessionFetch): string[] {
  return [
    `${symbol} ${sessionDate}: ${state}, ${bars} of ${expected} minutes${reason === undefined ? '' : ` (${reason})`}`,
    ...gaps
      .slice(0, MOST_GAPS)
      .map(({ fromTs, toTs }) => `  gap      ${isoUtc(fromTs)} to ${isoUtc(toTs)}, ${(toTs - fromTs) / 60} minutes`),
    ...(gaps.length > MOST_GAPS ? [`  gap      and ${gaps.length - MOST_GAPS} more`] : []),
    ...requests.map(
      ({ sentAtMs, purpose, kind, outcome = 'open', message }) =>
        `  request  ${isoUtc(Math.floor(sentAtMs / 1000))} ${kind} ${purpose}: ${outcome}${message === undefined ? '' : `, ${message}`}`,
    ),
  ]
}

function liveLine({ symbol, state, message, bars, lastFinalTs }: LiveSymbol): string {
  const last = lastFinalTs === undefined ? '' : `, last ${isoUtc(lastFinalTs)}`
  return `${symbol.padEnd(8)} ${state.padEnd(10)} ${bars} bars${last}. ${message}`
}

function connectionLines({ state, host, port, clientId, message, consequence, farms }: Connection): string[] {
  return [
    `${state}  ${host}:${port}, client id ${clientId}`,
    message,
    consequence,
    ...farms.map(({ name, kind, state: farmState }) => `  ${name} (${kind}): ${farmState}`),
  ]
}

function entryLine({ atMs, severity, code, text, subject }: ConnectionEntry): string {
  const about = subject === undefined ? '' : ` [${subject}]`
  return `${new Date(atMs).toISOString()} ${severity.padEnd(5)} ${code === undefined ? '' : `${code} `}${text}${about}`
}

function trafficLines({ budget }: Traffic): string[] {
  const { messages, smallBarRequests, openRequests, waiting, pace, reason } = budget
  return [
    `messages in the last second     ${messages.used} of ${messages.limit}`,
    `small-bar requests in 10 min    ${smallBarRequests.used} of ${smallBarRequests.limit}`,
    `open requests                   ${openRequests.used} of ${openRequests.limit}`,
    `waiting                         ${waiting.live} live, ${waiting.backfill} backfill`,
    `pace                            ${Math.round(pace * 100)} %${reason === undefined ? '' : `, ${reason}`}`,
  ]
}
