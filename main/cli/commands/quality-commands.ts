import type {
  Acknowledgement,
  Explanation,
  Finding,
  FindingKey,
  SessionReport,
  TransformPlan,
} from '#shared/contract/quality.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { isoLocal, isoUtc } from '#shared/time.ts'
import { RULE_IDS } from '#shared/quality/rule-catalogue.ts'
import { alignColumns } from '../align-columns.ts'
import { type Command, type CommandInput, type CommandOutput, ExitCode } from '../command.ts'
import { withEngine } from '../engine-access.ts'
import {
  integerOption,
  requiredDate,
  requiredText,
  selection,
  SELECTION_OPTIONS,
  textOption,
  wordOption,
} from '../options.ts'

/** The findings that a selection of the command line means are looked up and then named one by one. */
const MOST_FINDINGS = 10_000

const DEFAULT_LIMIT = 200

const RULE_OPTION = { type: 'string', help: 'Only findings of this rule' } as const

const findings: Command = {
  name: 'findings',
  summary: 'List what the quality rules found',
  usage: '[--rule R] [--open] [--limit N] [--symbols A,B] [--from D] [--to D]',
  options: {
    ...SELECTION_OPTIONS,
    rule: RULE_OPTION,
    open: { type: 'boolean', help: 'Only findings that nobody has acknowledged' },
    limit: { type: 'string', help: `At most this many; ${DEFAULT_LIMIT} when left out` },
  },
  run: (input) =>
    withEngine(input.workspace, async (client) => {
      const rule = textOption(input, 'rule')
      const limit = integerOption(input, 'limit', 1, MOST_FINDINGS)
      const found = await client.quality.findings({
        ...selection(input),
        open: input.values['open'] === true,
        ...(rule === undefined ? {} : { rule }),
        limit: limit ?? DEFAULT_LIMIT,
      })
      // Worst first: what is left out is not worse than what is shown.
      const most = limit ?? DEFAULT_LIMIT
      const more =
        found.length === most ? [`There may be more than these ${most}; --limit shows up to ${MOST_FINDINGS}.`] : []
      return { exitCode: ExitCode.Done, json: found, text: [...found.map(findingLine), ...more] }
    }),
}

function findingLine({ symbol, sessionDate, ts, rule, severity, action, message, acknowledgement }: Finding): string {
  const known =
    acknowledgement === undefined ? '' : ` [acknowledged by ${acknowledgement.author}: ${acknowledgement.reason}]`
  return `${severity.padEnd(5)} ${symbol} ${sessionDate} ${isoUtc(ts)} ${rule} (${action}): ${message}${known}`
}

const acknowledge: Command = {
  name: 'findings acknowledge',
  summary: 'Let findings stand, with a reason; they stay counted',
  usage: '--reason TEXT --author NAME [--rule R] [--symbols A,B] [--from D] [--to D]',
  options: {
    ...SELECTION_OPTIONS,
    rule: RULE_OPTION,
    reason: { type: 'string', help: 'Why they may stand' },
    author: { type: 'string', help: 'Who says so' },
  },
  run: (input) =>
    withEngine(input.workspace, async (client) => {
      const reason = requiredText(input, 'reason')
      const author = requiredText(input, 'author')
      let acknowledgement: Acknowledgement | undefined
      const acknowledged = await eachPart(
        'open finding',
        () => selectedFindings(input, (query) => client.quality.findings({ ...query, open: true })),
        async (found) => {
          const result = await client.quality.acknowledge({ findings: found, reason, author })
          acknowledgement = result.acknowledgement
          return result.acknowledged
        },
      )
      return {
        exitCode: ExitCode.Done,
        json: { acknowledged, acknowledgement },
        text: [`${acknowledged} findings acknowledged. "findings reopen" takes it back.`],
      }
    }),
}

const reopen: Command = {
  name: 'findings reopen',
  summary: 'Take acknowledgements back',
  usage: '[--rule R] [--symbols A,B] [--from D] [--to D]',
  options: { ...SELECTION_OPTIONS, rule: RULE_OPTION },
  run: (input) =>
    withEngine(input.workspace, async (client) => {
      const reopened = await eachPart(
        'acknowledged finding',
        () => selectedFindings(input, (query) => client.quality.findings({ ...query, acknowledged: true })),
        async (found) => (await client.quality.reopen({ findings: found })).reopened,
      )
      return {
        exitCode: ExitCode.Done,
        json: { reopened },
        text: [`${reopened} findings are open again.`],
      }
    }),
}

/** Goes through all that a selection means, as many findings at once as a call takes; each must leave the selection by being worked on. */
async function eachPart(
  what: string,
  find: () => Promise<readonly FindingKey[]>,
  work: (found: FindingKey[]) => Promise<number>,
): Promise<number> {
  let total = 0
  for (;;) {
    const found = await find()
    if (found.length === 0 && total === 0) throw nothing(what)
    if (found.length > 0) total += await work([...found])
    if (found.length < MOST_FINDINGS) return total
  }
}

async function selectedFindings(
  input: CommandInput,
  query: (selected: ReturnType<typeof selection> & { rule?: string; limit: number }) => Promise<readonly Finding[]>,
): Promise<FindingKey[]> {
  const rule = wordOption(input, 'rule', RULE_IDS)
  const found = await query({ ...selection(input), ...(rule === undefined ? {} : { rule }), limit: MOST_FINDINGS })
  return found.map(({ symbol, sessionDate, ts, rule: id }) => ({
    symbol,
    sessionDate,
    ts,
    rule: id as FindingKey['rule'],
  }))
}

function nothing(what: string): SwitchyardError {
  return new SwitchyardError('NOTHING_TO_DO', `There is no ${what} in this selection.`, {
    hint: 'List them with "switchyard findings".',
  })
}

const rules: Command = {
  name: 'quality',
  summary: 'Show every quality rule with what it found',
  usage: '[--symbols A,B] [--from D] [--to D]',
  options: SELECTION_OPTIONS,
  run: (input) =>
    withEngine(input.workspace, async (client) => {
      const found = await client.quality.rules(selection(input))
      const rows = found.map((rule) => [
        rule.id,
        rule.enabled ? rule.severity : 'off',
        rule.action,
        rule.blocking ? 'blocking' : '',
        String(rule.findings),
        String(rule.acknowledged),
        String(rule.sessions),
        String(rule.bars),
      ])
      const header = ['rule', 'severity', 'action', '', 'findings', 'acknowledged', 'sessions', 'bars']
      return { exitCode: ExitCode.Done, json: found, text: alignColumns([header, ...rows]) }
    }),
}

const hours: Command = {
  name: 'quality hours',
  summary: "Decide whose hours of a session hold, the calendar's or the broker's",
  usage: 'SYMBOL --session D --holds calendar|broker --reason TEXT --author NAME',
  options: {
    session: { type: 'string', help: 'Session date, YYYY-MM-DD' },
    holds: { type: 'string', help: 'calendar or broker' },
    reason: { type: 'string', help: 'Why' },
    author: { type: 'string', help: 'Who says so' },
  },
  allowPositionals: true,
  run: (input) =>
    withEngine(input.workspace, async (client) => {
      const [symbol, ...rest] = input.positionals
      const holds = wordOption(input, 'holds', ['calendar', 'broker'])
      if (symbol === undefined || rest.length > 0 || holds === undefined) {
        throw new SwitchyardError('BAD_ARGUMENTS', 'Name one symbol, and whose hours hold with --holds.', {
          hint: 'For example: switchyard quality hours SPY --session 2024-07-03 --holds broker --reason "..." --author me',
        })
      }
      const report = await client.quality.decideHours({
        symbol,
        sessionDate: requiredDate(input, 'session'),
        holds,
        reason: requiredText(input, 'reason'),
        author: requiredText(input, 'author'),
      })
      return {
        exitCode: ExitCode.Done,
        json: report,
        text: [
          `${report.sessionDate}: ${hoursWords(report)} for every symbol that shares the hours of ${symbol}.`,
          report.stale === undefined ? 'Nothing needs to be built again.' : '"transform" builds what that changes.',
        ],
      }
    }),
}

function hoursWords({ hoursNow, zone }: SessionReport): string {
  return hoursNow === 'closed' ? 'closed' : `${isoLocal(hoursNow.openTs, zone)} to ${isoLocal(hoursNow.closeTs, zone)}`
}

const explain: Command = {
  name: 'explain',
  summary: 'Show everything that made one curated bar',
  usage: 'SYMBOL TIME',
  options: {},
  allowPositionals: true,
  run: (input) =>
    withEngine(input.workspace, async (client) => {
      const [symbol, at, ...rest] = input.positionals
      if (symbol === undefined || at === undefined || rest.length > 0) {
        throw new SwitchyardError('BAD_ARGUMENTS', 'Give a symbol and a minute.', {
          hint: "For example: switchyard explain SPY 2024-07-03T10:31 (on the exchange's clock), or ...T14:31Z",
        })
      }
      const explanation = await client.quality.explain({ symbol, at })
      return { exitCode: ExitCode.Done, json: explanation, text: explanationLines(explanation) }
    }),
}

function explanationLines(explanation: Explanation): string[] {
  const {
    symbol,
    sessionDate,
    zone,
    ts,
    bar,
    summary,
    origins,
    findings: found,
    build,
    facts,
    baseline,
    stale,
  } = explanation
  const values = ({
    open,
    high,
    low,
    close,
    volume,
    vwap,
    tradeCount,
  }: NonNullable<typeof bar> | (typeof origins)[number]['rows'][number]): string =>
    `open ${open}  high ${high}  low ${low}  close ${close}  volume ${volume}  vwap ${vwap}  trades ${tradeCount}`
  return [
    `${symbol} ${isoLocal(ts, zone)} (${isoUtc(ts)}), session ${sessionDate}`,
    summary,
    ...(bar === undefined
      ? []
      : [`curated   ${values(bar)}`, ...(bar.flagNames.length > 0 ? [`flags     ${bar.flagNames.join(', ')}`] : [])]),
    ...origins.flatMap(({ responseId, requestId, receivedAtMs, used, rows, scale, request }) => [
      `${used ? 'used     ' : 'not used '} response ${responseId}, received ${isoUtc(Math.floor(receivedAtMs / 1000))}`,
      ...rows.map((row) => `            ${values(row)}`),
      ...(scale === undefined
        ? []
        : [`            prices x ${scale.price}, volumes x ${scale.volume} (the broker re-adjusted its history)`]),
      `            request ${requestId}: ${request.whatToShow} ${request.barSize}, ${request.duration} up to ${isoUtc(request.endTs)}, ${request.useRth ? 'regular hours' : 'all hours'}; ${request.purpose}, try ${request.attempt}, ${request.outcome ?? 'under way'}${request.message === undefined ? '' : `: ${request.message}`}`,
    ]),
    ...found.map((finding) => `finding   ${findingLine(finding)}`),
    ...(build === undefined
      ? ['not built']
      : [
          `built     ${isoUtc(Math.floor(build.builtAtMs / 1000))} by job ${build.runId}, transform ${build.transformVersion}; ${build.builds} builds on record`,
          `          configuration ${build.configHash}`,
          `          content       ${build.contentHash}`,
        ]),
    ...(facts === undefined ? [] : [`facts     ${JSON.stringify(facts)}`]),
    ...(baseline === undefined ? [] : [`normal    ${JSON.stringify(baseline)}`]),
    ...(stale === undefined ? [] : [`The block is out of date (${stale}); "transform" builds it again.`]),
  ]
}

/** What building would touch, for `transform --plan` and `rebuild --plan`. */
export function planOutput(plan: TransformPlan): CommandOutput {
  const causes = Object.entries(plan.stale).map(([cause, count]) => `${cause} ${count}`)
  const remaining = plan.estimatedMs === undefined ? '' : `, about ${Math.ceil(plan.estimatedMs / 1000)} s`
  return {
    exitCode: ExitCode.Done,
    json: plan,
    text: [
      `${plan.sessionsToBuild} sessions would be built${remaining}, ${plan.sessionsUnchanged} are up to date, ${plan.sessionsToRemove} would be taken out.`,
      ...(causes.length === 0 ? [] : [`  why: ${causes.join(', ')}`]),
      ...plan.symbols
        .filter(({ sessionsToBuild }) => sessionsToBuild > 0)
        .map(({ symbol, sessionsToBuild }) => `  ${symbol}: ${sessionsToBuild}`),
    ],
  }
}

export const QUALITY_COMMANDS: readonly Command[] = [findings, acknowledge, reopen, rules, hours, explain]
