import { existsSync, readdirSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { SwitchyardError } from '#shared/errors.ts'

/** A file that a description's pattern names. */
export interface FoundFile {
  /** As the description writes it, with the matched names in place of `{symbol}` and wildcards. */
  readonly file: string
  readonly path: string
  /** What stands in the place of `{symbol}`; undefined when the pattern has none. */
  readonly oldName: string | undefined
}

const WILD = /[*?]|\{symbol\}/

/**
 * The files that a pattern names, ascending by name. `{symbol}` stands for one of `oldNames`, or for any name without a slash
 * when none of them fits; `*` and `?` for text without slashes, `**` for any folders.
 *
 * @param base folder that a relative pattern starts from.
 * @param mostNames names in folders that are looked at; LEGACY_FILE is thrown when there are more.
 */
export function findFiles(
  pattern: string,
  base: string,
  oldNames: readonly string[],
  mostNames = Infinity,
): readonly FoundFile[] {
  const whole = pattern.replaceAll('\\', '/')
  const parts = whole.split('/')
  const firstWild = parts.findIndex((part) => WILD.test(part))
  if (firstWild < 0) {
    const path = isAbsolute(whole) ? whole : join(base, whole)
    return existsSync(path) ? [{ file: pattern, path, oldName: undefined }] : []
  }
  const fixed = parts.slice(0, firstWild).join('/')
  const start = isAbsolute(whole) ? fixed || '/' : join(base, fixed)
  const found: string[] = []
  let names = 0
  walk(start, parts.slice(firstWild), '', found, (count) => {
    names += count
    if (names > mostNames) {
      throw new SwitchyardError('LEGACY_FILE', `${pattern} looks through more than ${mostNames} names.`, {
        hint: 'Begin the pattern with the folder that the files are in, and use ** for as few folders as possible.',
      })
    }
  })
  // The longest name first: BRK.B before BRK.
  const named = oldNames
    .toSorted((a, b) => b.length - a.length)
    .map((name) => [name, expressionOf(whole, name)] as const)
  const any = expressionOf(whole, undefined)
  const prefix = firstWild === 0 ? '' : `${fixed}/`
  return found.sort().map((relative) => {
    const file = `${prefix}${relative}`
    const oldName = whole.includes('{symbol}')
      ? (named.find(([, expression]) => expression.test(file))?.[0] ?? any.exec(file)?.groups?.['symbol'])
      : undefined
    return { file, path: join(start, relative), oldName }
  })
}

/** Collects files below `folder` whose path fits the parts, as paths from where the search began. */
function walk(
  folder: string,
  parts: readonly string[],
  prefix: string,
  found: string[],
  count: (names: number) => void,
): void {
  const [part, ...rest] = parts
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    // A folder that is not there, or a file in its place, has no files.
    return
  }
  count(names.length)
  const matches = expressionOf(part, undefined)
  for (const name of names) {
    const path = join(folder, name)
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
    if (part === '**') {
      if (isFolder && !name.startsWith('.')) walk(path, parts, `${prefix}${name}/`, found, count)
      continue
    }
    if (!matches.test(name)) continue
    if (rest.length === 0) found.push(`${prefix}${name}`)
    else if (isFolder) walk(path, rest, `${prefix}${name}/`, found, count)
  }
  if (part === '**' && rest.length > 0) walk(folder, rest, prefix, found, count)
}

function expressionOf(pattern: string, oldName: string | undefined): RegExp {
  let isFirst = true
  const text = pattern.replaceAll(/\{symbol\}|\*\*\/|\*|\?|[.+^${}()|[\]\\]/g, (token) => {
    if (token === '{symbol}') {
      if (oldName !== undefined) return escaped(oldName)
      const group = isFirst ? '(?<symbol>[^/]+?)' : String.raw`\k<symbol>`
      isFirst = false
      return group
    }
    if (token === '**/') return '(?:.*/)?'
    if (token === '*') return '[^/]*'
    return token === '?' ? '[^/]' : escaped(token)
  })
  return new RegExp(`^${text}$`)
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
