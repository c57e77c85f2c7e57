import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { CalendarDefinitionError, createCalendar } from '#shared/calendar/create-calendar.ts'
import { CalendarAlias, CalendarDefinition } from '#shared/calendar/definition.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { hashJson } from '#main/stores/hash-json.ts'
import { readYamlFile, type YamlFile } from './yaml-file.ts'

const HINT = 'Correct the calendar file; the comments in the built-in data/calendars/XNYS.yaml show the format.'

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
  const file = readCalendarFile(id, folders)
  if (!isAlias(file.content)) return calendarOf(parse(CalendarDefinition, file, id), file)

  const alias = parse(CalendarAlias, file, id)
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
  const ids = [...new Set(folders.flatMap(idsIn))].toSorted()
  throw new SwitchyardError('UNKNOWN_CALENDAR', `There is no calendar "${id}" in ${folders.join(' or ')}.`, {
    hint:
      ids.length === 0
        ? `Put a calendar definition into ${folders[0] ?? 'the calendar folder'}.`
        : `Use one of ${ids.join(', ')}, or put a definition named ${id}.yaml into ${folders[0]}.`,
  })
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
