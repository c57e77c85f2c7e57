import { SwitchyardError } from '#shared/errors.ts'
import { isSessionDate } from '#shared/time.ts'
import type { Command, CommandInput } from './command.ts'

/** Options that choose what a command works on. */
export const SELECTION_OPTIONS: Command['options'] = {
  symbols: { type: 'string', help: 'Symbols, separated by commas; all of the workspace when left out' },
  from: { type: 'string', help: 'First session date, YYYY-MM-DD, included' },
  to: { type: 'string', help: 'Last session date, YYYY-MM-DD, included' },
}

/** The value of a text option; undefined when it was not given. */
export function textOption(input: CommandInput, name: string): string | undefined {
  const value = input.values[name]
  return typeof value === 'string' ? value : undefined
}

/** An option that must be given and say something. */
export function requiredText(input: CommandInput, name: string): string {
  const text = textOption(input, name)
  if (text === undefined || text.trim() === '') {
    throw new SwitchyardError('BAD_ARGUMENTS', `--${name} is missing.`, { hint: 'See --help.' })
  }
  return text
}

export function dateOption(input: CommandInput, name: string): string | undefined {
  const text = textOption(input, name)
  if (text !== undefined && !isSessionDate(text)) throw badOption(name, text, 'a date in the form YYYY-MM-DD')
  return text
}

/** Throws BAD_ARGUMENTS when the option is missing. */
export function requiredDate(input: CommandInput, name: string): string {
  const date = dateOption(input, name)
  if (date === undefined) {
    throw new SwitchyardError('BAD_ARGUMENTS', `--${name} is missing.`, { hint: `Give --${name} YYYY-MM-DD.` })
  }
  return date
}

export function integerOption(input: CommandInput, name: string, min: number, max: number): number | undefined {
  const text = textOption(input, name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^-?\d+$/.test(text) || value < min || value > max)
    throw badOption(name, text, `a whole number from ${min} to ${max}`)
  return value
}

/** A comma-separated list; undefined when the option was not given. */
export function listOption(input: CommandInput, name: string): string[] | undefined {
  const text = textOption(input, name)
  if (text === undefined) return undefined
  const entries = text.split(',').map((entry) => entry.trim())
  if (entries.some((entry) => entry === '')) throw badOption(name, text, 'a list such as SPY,AAPL')
  return entries
}

/** A comma-separated list that names nothing twice; undefined when the option was not given. */
export function distinctListOption(input: CommandInput, name: string): string[] | undefined {
  const names = listOption(input, name)
  const twice = names?.find((each, i) => names.indexOf(each) < i)
  if (twice === undefined) return names
  throw new SwitchyardError('BAD_ARGUMENTS', `--${name} names ${twice} twice.`, { hint: 'Name every column once.' })
}

/** One of known words; undefined when the option was not given. */
export function wordOption<T extends string>(input: CommandInput, name: string, known: readonly T[]): T | undefined {
  const text = textOption(input, name)
  if (text === undefined) return undefined
  const word = known.find((candidate) => candidate === text)
  if (word === undefined) throw badOption(name, text, `one of ${known.join(', ')}`)
  return word
}

/** A comma-separated list of known words. */
export function wordsOption<T extends string>(input: CommandInput, name: string, known: readonly T[]): T[] | undefined {
  return listOption(input, name)?.map((entry) => {
    const word = known.find((candidate) => candidate === entry)
    if (word === undefined) throw badOption(name, entry, `one of ${known.join(', ')}`)
    return word
  })
}

/** Symbols and dates as the contract takes them. */
export function selection(input: CommandInput): { symbols?: string[]; from?: string; to?: string } {
  const symbols = listOption(input, 'symbols')
  const from = dateOption(input, 'from')
  const to = dateOption(input, 'to')
  return {
    ...(symbols === undefined ? {} : { symbols }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  }
}

/** Symbols and both dates. Throws BAD_ARGUMENTS when a date is missing. */
export function sessionWindow(input: CommandInput): { symbols?: string[]; from: string; to: string } {
  return { ...selection(input), from: requiredDate(input, 'from'), to: requiredDate(input, 'to') }
}

function badOption(name: string, given: string, wanted: string): SwitchyardError {
  return new SwitchyardError('BAD_ARGUMENTS', `--${name} must be ${wanted}, not "${given}".`, {
    hint: 'See --help.',
  })
}
