import { readFileSync } from 'node:fs'
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { SwitchyardError } from '#shared/errors.ts'
import { formatKeyPath } from '#shared/key-path.ts'

/** One thing wrong in a file: where (keys from the top, list positions from 0) and what. */
export interface YamlProblem {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** A YAML file that was parsed and not yet checked against a schema; it knows on which line each key stands. */
export class YamlFile {
  readonly path: string
  readonly content: unknown
  readonly #document: Document
  readonly #lines: LineCounter
  readonly #hint: string

  /**
   * @param hint what to do about any problem in the file, a full sentence.
   * @throws {SwitchyardError} CONFIG_INVALID, naming file and line, when the text is not YAML.
   */
  constructor(path: string, text: string, hint: string) {
    this.path = path
    this.#hint = hint
    this.#lines = new LineCounter()
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false })
    const mistakes = [...this.#document.errors, ...this.#document.warnings]
    if (mistakes.length > 0) {
      throw this.#invalid(mistakes.map(({ pos, message }) => `${path}:${this.#lines.linePos(pos[0]).line}: ${message}`))
    }
    try {
      this.content = this.#document.toJS()
    } catch (thrown) {
      // Aliases that expand without end.
      throw this.#invalid([`${path}: ${thrown instanceof Error ? thrown.message : String(thrown)}`])
    }
  }

  /** The content in the form of `schema`. Throws CONFIG_INVALID with a line `file:line: key message` for every problem. */
  parse<T>(schema: z.ZodType<T>): T {
    const result = schema.safeParse(this.content)
    if (result.success) return result.data
    throw this.invalid(
      result.error.issues.flatMap((issue): YamlProblem[] =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => ({ path: [...issue.path, key], message: 'is not a known key' }))
          : [{ path: issue.path, message: this.#isMissing(issue) ? 'is required' : issue.message }],
      ),
    )
  }

  /** The error that lists these problems with their lines. */
  invalid(problems: readonly YamlProblem[]): SwitchyardError {
    return this.#invalid(
      problems.map(({ path, message }) => `${this.path}:${this.#lineOf(path)}: ${formatKeyPath(path)}: ${message}`),
    )
  }

  /** Line (from 1) of the key at `path`, or of the nearest one around it when a key is missing. */
  #lineOf(path: readonly PropertyKey[]): number {
    for (let length = path.length; length > 0; length--) {
      const parent = this.#document.getIn(path.slice(0, length - 1), true) ?? this.#document.contents
      const key = path[length - 1]
      const pair = isMap(parent)
        ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
        : undefined
      const node = pair === undefined ? this.#document.getIn(path.slice(0, length), true) : pair.key
      if (isNode(node) && node.range) return this.#lines.linePos(node.range[0]).line
    }
    return 1
  }

  /** zod says of an absent key only what it expected in its place. */
  #isMissing(issue: z.core.$ZodIssue): boolean {
    if (issue.path.length === 0) return false
    let at = this.content
    for (const key of issue.path) {
      if (typeof at !== 'object' || at === null) return false
      at = (at as Record<PropertyKey, unknown>)[key]
    }
    return at === undefined
  }

  #invalid(lines: readonly string[]): SwitchyardError {
    return new SwitchyardError('CONFIG_INVALID', lines.join('\n'), { hint: this.#hint })
  }
}

/** Reads and parses a YAML file; null when there is none. Throws IO_ERROR when it cannot be read, CONFIG_INVALID when it is not YAML. */
export function readYamlFile(path: string, hint: string): YamlFile | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null
    throw new SwitchyardError('IO_ERROR', `${path} cannot be read.`, {
      hint: 'Check that it is a file and that you may read it.',
      cause: thrown,
    })
  }
  return new YamlFile(path, text, hint)
}
