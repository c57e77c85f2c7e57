import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Session, TradingCalendar } from '#shared/calendar/calendar.ts'
import { horizonWarning, type KnownSessions, knownSessions } from '#shared/calendar/horizon.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { addDays, isoLocal, isoUtc, type SessionDate } from '#shared/time.ts'
import { BUILT_IN_CALENDARS } from '#main/engine/data-folder.ts'
import { loadCalendar, loadCalendars } from '#main/engine/load-calendar.ts'
import { CONFIG_FILE } from '#main/engine/workspace.ts'
import { type Command, type CommandInput, type CommandOutput, ExitCode } from '../command.ts'
import { dateOption } from '../options.ts'
import { alignColumns } from '../align-columns.ts'

/** How many sessions are shown from --from on when --to is left out. */
const DEFAULT_SESSIONS = 10

/** In so many days they are looked for; enough also for a market that trades once a week. */
const DEFAULT_SPAN_DAYS = 100

/** `switchyard calendar`: lists the calendars, or the sessions of one. It reads calendar files and needs neither workspace nor engine. */
export const calendar: Command = {
  name: 'calendar',
  summary: 'Show the sessions of a trading calendar, or the calendars there are',
  usage: '[ID] [--from D] [--to D]',
  options: {
    from: {
      type: 'string',
      help: "First session date, YYYY-MM-DD, included; today in the exchange's zone when left out",
    },
    to: { type: 'string', help: `Last session date, YYYY-MM-DD, included; ${DEFAULT_SESSIONS} sessions when left out` },
  },
  allowPositionals: true,
  run: async (input) => {
    const [id, ...rest] = input.positionals
    if (rest.length > 0) {
      throw new SwitchyardError('BAD_ARGUMENTS', `Give one calendar, not ${input.positionals.join(', ')}.`, {
        hint: 'For example: switchyard calendar XNYS --from 2026-07-01 --to 2026-07-31',
      })
    }
    const folders = calendarFolders(input.workspace)
    return id === undefined ? listCalendars(input, folders) : showSessions(input, loadCalendar(id, folders))
  },
}

/** The folder of a workspace comes first; a folder `calendars` of anything else has nothing to do with this. */
function calendarFolders(workspace: string): string[] {
  const own = existsSync(join(workspace, CONFIG_FILE)) ? [join(workspace, 'calendars')] : []
  return [...own, BUILT_IN_CALENDARS]
}

function listCalendars(input: CommandInput, folders: readonly string[]): CommandOutput {
  for (const option of ['from', 'to']) {
    if (input.values[option] === undefined) continue
    throw new SwitchyardError('BAD_ARGUMENTS', `--${option} needs a calendar.`, {
      hint: 'Name it, for example: switchyard calendar XNYS. Without it the calendars are listed.',
    })
  }
  const entries = loadCalendars(folders)
  for (const { calendar: listed } of entries) warnOfHorizon(input, listed)
  const listing = entries.map(({ name, folder, calendar: { id, zone, firstDate, lastDate } }) => {
    const source = folder === BUILT_IN_CALENDARS ? 'built in' : 'workspace'
    return { id, name, zone, firstDate, lastDate, source }
  })
  return {
    exitCode: ExitCode.Done,
    json: listing,
    text: alignColumns([
      ['id', 'name', 'zone', 'horizon', 'source'],
      ...listing.map(({ id, name, zone, firstDate, lastDate, source }) => [
        id,
        name,
        zone,
        `${firstDate} to ${lastDate}`,
        source,
      ]),
    ]),
  }
}

function showSessions(input: CommandInput, shown: TradingCalendar): CommandOutput {
  const { sessions, warning } = sessionsAsked(input, shown)
  if (warning !== null) input.say(warning)
  warnOfHorizon(input, shown)
  return { exitCode: ExitCode.Done, json: sessions.map(sessionJson), text: sessionTable(shown, sessions) }
}

function sessionsAsked(input: CommandInput, asked: TradingCalendar): KnownSessions {
  const today = todayIn(asked)
  const from = dateOption(input, 'from') ?? today
  const to = dateOption(input, 'to')
  if (to === undefined) {
    const { sessions, warning } = knownSessions(asked, from, addDays(from, DEFAULT_SPAN_DAYS))
    const isComplete = sessions.length >= DEFAULT_SESSIONS && from >= asked.firstDate
    return { sessions: sessions.slice(0, DEFAULT_SESSIONS), warning: isComplete ? null : warning }
  }
  if (from > to) {
    const given = input.values['from'] === undefined ? `today, ${from}` : `--from ${from}`
    throw new SwitchyardError('BAD_ARGUMENTS', `--to ${to} is before ${given}.`, {
      hint: 'Give a first date with --from that is not after the last one.',
    })
  }
  return knownSessions(asked, from, to)
}

function warnOfHorizon(input: CommandInput, of: TradingCalendar): void {
  const warning = horizonWarning(of, todayIn(of))
  if (warning !== null) input.say(warning)
}

function todayIn({ zone }: TradingCalendar): SessionDate {
  return isoLocal(Math.floor(Date.now() / 1000), zone).slice(0, 10)
}

function sessionJson({ date, openTs, closeTs, breakStartTs, breakEndTs, earlyClose }: Session): object {
  return {
    session: date,
    open: isoUtc(openTs),
    close: isoUtc(closeTs),
    breakStart: breakStartTs === null ? null : isoUtc(breakStartTs),
    breakEnd: breakEndTs === null ? null : isoUtc(breakEndTs),
    earlyClose,
  }
}

function sessionTable({ zone }: TradingCalendar, sessions: readonly Session[]): string[] {
  if (sessions.length === 0) return ['No sessions.']
  const local = (ts: number): string => isoLocal(ts, zone).slice(0, 16).replace('T', ' ')
  return alignColumns([
    ['session', `open (${zone})`, 'close', 'break', 'open (UTC)', 'close (UTC)', ''],
    ...sessions.map(({ date, openTs, closeTs, breakStartTs, breakEndTs, earlyClose }) => [
      date,
      local(openTs),
      local(closeTs),
      breakStartTs === null || breakEndTs === null
        ? ''
        : `${local(breakStartTs).slice(11)}-${local(breakEndTs).slice(11)}`,
      isoUtc(openTs),
      isoUtc(closeTs),
      earlyClose ? 'early close' : '',
    ]),
  ])
}
