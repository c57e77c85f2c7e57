import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { z } from 'zod'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { CalendarDefinitionError, createCalendar } from '#shared/calendar/create-calendar.ts'
import { CalendarAlias, CalendarDefinition } from '#shared/calendar/definition.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { hashJson } from '#main/stores/hash-json.ts'
import { readYamlFile, type YamlFile } from './yaml-file.ts'

const HINT = 'Correct the calendar file; docs/calendars.md explains the format.'

/** A calendar and what its file says of it. */
export interface CalendarEntry {
  readonly name: string
  /** The folder that has its file. */
  readonly folder: string
  readonly calendar: TradingCalendar
}

/**
 * Reads `<folder>/<id>.yaml` from the first of `folders` that has it (give the workspace's folder before the built-in one),
 * and creates its calendar. A file that says `sameAs: OTHER` gives the sessions of OTHER, looked up in the same folders,
 * under its own id.
 *
 * The calendar's hash is the SHA-256 (hex) of the canonical JSON (keys sorted, no white space) of the definition with its
 * defaults filled in: comments and layout of the file do not change it, anything else does.
 *
 * @throws {SwitchyardError} UNKNOWN_CALENDAR when no folder has the file; CONFIG_INVALID when the file is not a valid
 *   definition, naming file, line and key of every problem; IO_ERROR when a file cannot be read.
 */
export function loadCalendar(id: string, folders: readonly string[]): TradingCalendar {
  return loadEntry(id, folders).calendar
}

/** Every calendar that {@link loadCalendar} finds in `folders`, by id; it throws as that does for the first that cannot be loaded. */
export function loadCalendars(folders: readonly string[]): CalendarEntry[] {
  return idsInAll(folders).map((id) => loadEntry(id, folders))
}

function loadEntry(id: string, folders: readonly string[]): CalendarEntry {
  const file = readCalendarFile(id, folders)
  const folder = dirname(file.path)
  if (!isAlias(file.content)) {
    const definition = parse(CalendarDefinition, file, id)
    return { name: definition.name, folder, calendar: calendarOf(definition, file) }
  }
  const alias = parse(CalendarAlias, file, id)
  return { name: alias.name, folder, calendar: aliasOf(alias, file, folders) }
}

function aliasOf(alias: z.infer<typeof CalendarAlias>, file: YamlFile, folders: readonly string[]): TradingCalendar {
  const target = readCalendarFile(alias.sameAs, folders)
  if (isAlias(target.content)) {
    const message = `names ${alias.sameAs}, which itself is the same as another calendar; name that one`
    throw file.invalid([{ path: ['sameAs'], message }])
  }
  const definition = parse(CalendarDefinition, target, alias.sameAs)
  return calendarOf({ ...definition, id: alias.id, name: alias.name }, target)
}

function calendarOf(definition: CalendarDefinition, file: YamlFile): TradingCalendar {
  try {
    return createCalendar(definition, hashJson(definition))
  } catch (error) {
    throw error instanceof CalendarDefinitionError ? file.invalid(error.problems) : error
  }
}

function readCalendarFile(id: string, folders: readonly string[]): YamlFile {
  // An id is a file name, never a path: it may come from a configuration or a request.
  if (CalendarDefinition.shape.id.safeParse(id).success) {
    for (const folder of folders) {
      const file = readYamlFile(join(folder, `${id}.yaml`), HINT)
      if (file !== null) return file
    }
  }
  const ids = idsInAll(folders)
  throw new SwitchyardError('UNKNOWN_CALENDAR', `There is no calendar "${id}" in ${folders.join(' or ')}.`, {
    hint:
      ids.length === 0
        ? `Put a calendar definition into ${folders[0] ?? 'the calendar folder'}.`
        : `Use one of ${ids.join(', ')}${folders.length > 1 ? `, or put a definition named ${id}.yaml into ${folders[0]}` : ''}.`,
  })
}

function idsInAll(folders: readonly string[]): string[] {
  return [...new Set(folders.flatMap(idsIn))].toSorted()
}

function idsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => name.slice(0, -'.yaml'.length))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw new SwitchyardError('IO_ERROR', `The calendar folder ${folder} cannot be listed.`, {
      hint: 'Check that it is a folder and that you may read it.',
      cause: error,
    })
  }
}

function isAlias(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'sameAs' in content
}

function parse<T extends { readonly id: string }>(schema: z.ZodType<T>, file: YamlFile, id: string): T {
  const definition = file.parse(schema)
  if (definition.id !== id) {
    throw file.invalid([{ path: ['id'], message: `is ${definition.id}, but the file is named ${id}.yaml` }])
  }
  return definition
}
