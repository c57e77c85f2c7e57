import { isDeepStrictEqual } from 'node:util'
import {
  Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type ParsedNode,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'

const SCALAR_STYLE = { lineWidth: 0, singleQuote: true } as const

/** Keys from the top; numbers are places in lists. */
export type KeyPath = readonly (string | number)[]

/** A replacement of `text` from `start` to `end`. */
interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * The text of a YAML file with the value at `path` in the place of what is there, or added. Lines that the change does not
 * concern stay as they are, with their comments and spaces; of a map in its place only the keys that differ are touched.
 *
 * Where a text cannot be patched (flow style, as in JSON) its document is written anew, which keeps comments but not every space.
 * In both cases the result is read again and has the wanted content.
 *
 * @throws {Error} when it cannot be done, which is a defect.
 */
export function setInYaml(text: string, path: KeyPath, value: unknown): string {
  const wanted = withValue(parseDocument(text).toJS(), path, value)
  return proven(
    wanted,
    () => patched(text, (document) => splicesToSet(text, document.contents, path, value)),
    () => {
      const document = parseDocument(text)
      setInDocument(document, path, value)
      return document.toString({ lineWidth: 100 })
    },
  )
}

/** The text of a YAML file without the key or list entry at `path`. As {@link setInYaml} otherwise. */
export function deleteInYaml(text: string, path: KeyPath): string {
  const wanted = withoutValue(parseDocument(text).toJS(), path)
  return proven(
    wanted,
    () => patched(text, (document) => splicesToDelete(text, document.contents, path)),
    () => {
      const document = parseDocument(text)
      document.deleteIn(path)
      return document.toString({ lineWidth: 100 })
    },
  )
}

/** Of maps that are there already only the keys that differ are set, so that comments at the others stay. */
function setInDocument(document: Document, path: KeyPath, value: unknown): void {
  const node = document.getIn(path, true)
  if (!isMap(node) || !isPlainMap(value)) {
    if (!isNode(node) || !isDeepStrictEqual(plainOf(node), value)) {
      // A single value is put into the node that is there, which has the comment.
      document.setIn(path, typeof value === 'object' && value !== null ? document.createNode(value) : value)
    }
    return
  }
  const gone = node.items.filter(({ key }) => !Object.hasOwn(value, String(isScalar(key) ? key.value : key)))
  for (const { key } of gone) node.delete(key)
  for (const [key, own] of Object.entries(value)) setInDocument(document, [...path, key], own)
}

function proven(wanted: unknown, ...ways: readonly (() => string | undefined)[]): string {
  for (const way of ways) {
    const text = way()
    if (text === undefined) continue
    const document = parseDocument(text)
    if (document.errors.length === 0 && isDeepStrictEqual(document.toJS(), wanted)) return text
  }
  throw new Error('The change of the YAML text did not come out as it should.')
}

function patched(text: string, plan: (document: Document.Parsed) => readonly Splice[] | undefined): string | undefined {
  const splices = plan(parseDocument(text))
  if (splices === undefined) return undefined
  let result = text
  // From the end on; what is added where another text is replaced stands before it.
  for (const { start, end, text: replacement } of splices.toSorted((a, b) => b.start - a.start || b.end - a.end)) {
    result = result.slice(0, start) + replacement + result.slice(end)
  }
  return result
}

/** What has to be replaced so that `value` stands at `path` below `node`; undefined when it cannot be done in place. */
function splicesToSet(text: string, node: Node | null, path: KeyPath, value: unknown): readonly Splice[] | undefined {
  const [key, ...rest] = path
  if (key === undefined) return undefined
  if (isBlockMap(node) && typeof key === 'string') {
    const pair = pairOf(node, key)
    if (pair === undefined) return [insertion(text, node, nested(path, value))]
    if (rest.length === 0) return splicesForValue(text, node, pair, value)
    return splicesToSet(text, pair.value, rest, value)
  }
  if (isBlockSeq(node) && typeof key === 'number') {
    const item = node.items[key] as Node | undefined
    if (item === undefined)
      return key === node.items.length && rest.length === 0 ? [newItem(text, node, value)] : undefined
    if (rest.length > 0) return splicesToSet(text, item, rest, value)
    return isBlockMap(item) && isPlainMap(value) ? splicesForMap(text, item, value) : undefined
  }
  return undefined
}

/** Changes a map key by key, so that comments beside keys that stay are kept. */
function splicesForMap(
  text: string,
  map: YAMLMap.Parsed,
  value: Readonly<Record<string, unknown>>,
): readonly Splice[] | undefined {
  const splices: Splice[] = []
  const present = map.items.map((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key))
  for (const [i, key] of present.entries()) {
    if (Object.hasOwn(value, key)) continue
    // The first key of a list entry stands behind its dash.
    if (i === 0 && !startsLine(text, map)) return undefined
    splices.push(lineSplice(text, map.items[i]))
  }
  for (const pair of map.items) {
    const key = String(isScalar(pair.key) ? pair.key.value : pair.key)
    if (!Object.hasOwn(value, key)) continue
    const own = splicesForValue(text, map, pair, value[key])
    if (own === undefined) return undefined
    splices.push(...own)
  }
  const added = Object.entries(value).filter(([key]) => !present.includes(key))
  if (added.length > 0) splices.push(insertion(text, map, Object.fromEntries(added)))
  return splices
}

function splicesForValue(
  text: string,
  map: YAMLMap.Parsed,
  pair: Pair<ParsedNode, ParsedNode | null>,
  value: unknown,
): readonly Splice[] | undefined {
  const { key, value: node } = pair
  if (node !== null && isDeepStrictEqual(plainOf(node), value)) return []
  if (isBlockMap(node) && isPlainMap(value)) return splicesForMap(text, node, value)
  if (node === null || node.tag?.startsWith('!') === true || ('anchor' in node && node.anchor !== undefined))
    return undefined
  if (isBlockMap(node) || isBlockSeq(node)) {
    // A block is taken out with its lines, and what takes its place stands on them.
    const whole = lineSplice(text, pair)
    const written = linesOf(text, map, { [String(isScalar(key) ? key.value : key)]: value })
    return startsLine(text, map) || map.items[0] !== pair ? [{ ...whole, text: written }] : undefined
  }
  const flow = flowText(value)
  // A value that is left out (`key:`) has its place right behind the colon.
  const isLeftOut = node.range[0] === node.range[1]
  return [{ start: node.range[0], end: node.range[1], text: isLeftOut ? ` ${flow}` : flow }]
}

function splicesToDelete(text: string, node: Node | null, path: KeyPath): readonly Splice[] | undefined {
  const [key, ...rest] = path
  if (isBlockMap(node) && typeof key === 'string') {
    const pair = pairOf(node, key)
    if (pair === undefined) return []
    if (rest.length > 0) return splicesToDelete(text, pair.value, rest)
    return node.items.length > 1 && (startsLine(text, node) || node.items[0] !== pair)
      ? [lineSplice(text, pair)]
      : undefined
  }
  if (isBlockSeq(node) && typeof key === 'number') {
    const item = node.items[key] as Node | undefined
    if (item?.range === undefined || item.range === null) return undefined
    if (rest.length > 0) return splicesToDelete(text, item, rest)
    if (node.items.length === 1) return undefined
    return [{ start: lineStart(text, item.range[0]), end: blockEnd(text, item.range[1]), text: '' }]
  }
  return undefined
}

/** New keys behind the last one of a block map; those at the top stand apart at the end of the file. */
function insertion(text: string, map: YAMLMap.Parsed, value: Readonly<Record<string, unknown>>): Splice {
  const isTop = columnOf(text, map.range[0]) === 0
  const last = map.items.at(-1)
  const at = last === undefined || isTop ? text.length : lineSplice(text, last).end
  const before = at > 0 && text[at - 1] !== '\n' ? newline(text) : ''
  return { start: at, end: at, text: before + (isTop ? newline(text) : '') + linesOf(text, map, value) }
}

function newItem(text: string, list: YAMLSeq.Parsed, value: unknown): Splice {
  const last = list.items.at(-1) as Node | undefined
  const at = last?.range === undefined || last.range === null ? text.length : blockEnd(text, last.range[1])
  const before = at > 0 && text[at - 1] !== '\n' ? newline(text) : ''
  const indent = columnOf(text, list.range[0])
  return { start: at, end: at, text: before + indented(text, itemText(value), indent) }
}

/** The lines of keys with the indentation of those of `map`. */
function linesOf(text: string, map: YAMLMap.Parsed, value: Readonly<Record<string, unknown>>): string {
  return indented(text, blockText(value), columnOf(text, map.range[0]))
}

function indented(text: string, block: string, indent: number): string {
  return block
    .split('\n')
    .map((line) => (line === '' ? '' : ' '.repeat(indent) + line))
    .join(newline(text))
}

/** A key with its value, from the beginning of its first line to the end of its last. */
function lineSplice(text: string, { key, value }: Pair<ParsedNode, ParsedNode | null>): Splice {
  const end = value !== null && value.range[1] > key.range[1] ? value.range[1] : key.range[1]
  return { start: lineStart(text, key.range[0]), end: blockEnd(text, end), text: '' }
}

/** Behind the line on which a value ends; a block ends at the beginning of the line after it. */
function blockEnd(text: string, end: number): number {
  if (end > 0 && text[end - 1] === '\n') return end
  const at = text.indexOf('\n', end)
  return at < 0 ? text.length : at + 1
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

function columnOf(text: string, at: number): number {
  return at - lineStart(text, at)
}

function startsLine(text: string, map: YAMLMap.Parsed): boolean {
  return text.slice(lineStart(text, map.range[0]), map.range[0]).trim() === ''
}

function newline(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

/** Keys on lines of their own; lists, and maps of single values, on the line of their key. */
function blockText(value: Readonly<Record<string, unknown>>): string {
  return Object.entries(value)
    .map(([key, own]) => {
      if (!isPlainMap(own) || Object.values(own).every((inner) => typeof inner !== 'object' || inner === null)) {
        return Array.isArray(own) && own.some(isPlainMap)
          ? `${blockScalar(key)}:\n${own.map((item) => shifted(itemText(item))).join('')}`
          : `${blockScalar(key)}: ${lineText(own)}\n`
      }
      return `${blockScalar(key)}:\n${shifted(blockText(own))}`
    })
    .join('')
}

function itemText(value: unknown): string {
  return isPlainMap(value) ? `- ${shifted(blockText(value)).slice(2)}` : `- ${lineText(value)}\n`
}

function shifted(block: string): string {
  return block.replaceAll(/^(?=.)/gm, '  ')
}

/** A value on one line, in a place that is not in flow style itself. */
function lineText(value: unknown): string {
  return typeof value === 'object' && value !== null ? flowText(value) : blockScalar(value)
}

function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`
  if (!isPlainMap(value)) return flowScalar(value)
  const pairs = Object.entries(value).map(([key, own]) => `${flowScalar(key)}: ${flowText(own)}`)
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
}

function blockScalar(value: unknown): string {
  if (typeof value === 'string' && value.includes('\n')) return JSON.stringify(value)
  return new Document(value).toString(SCALAR_STYLE).trimEnd()
}

/** In flow style more signs need quotation marks. */
function flowScalar(value: unknown): string {
  if (typeof value === 'string' && value.includes('\n')) return JSON.stringify(value)
  const list = new Document([value])
  if (isSeq(list.contents)) list.contents.flow = true
  return list
    .toString({ ...SCALAR_STYLE, flowCollectionPadding: false })
    .trimEnd()
    .slice(1, -1)
}

function isBlockMap(node: unknown): node is YAMLMap.Parsed {
  return isMap(node) && node.flow !== true && node.anchor === undefined && node.tag === undefined && hasRange(node)
}

function isBlockSeq(node: unknown): node is YAMLSeq.Parsed {
  return isSeq(node) && node.flow !== true && node.anchor === undefined && node.tag === undefined && hasRange(node)
}

function hasRange(node: Node): boolean {
  return Array.isArray(node.range)
}

function isPlainMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function pairOf(map: YAMLMap.Parsed, key: string): Pair<ParsedNode, ParsedNode | null> | undefined {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key)
}

function plainOf(node: Node): unknown {
  return isScalar(node) ? node.value : isNode(node) ? JSON.parse(JSON.stringify(node)) : node
}

function nested(path: KeyPath, value: unknown): Readonly<Record<string, unknown>> {
  const [key, ...rest] = path
  const inner =
    rest.length === 0 ? value : typeof rest[0] === 'number' ? [nestedItem(rest, value)] : nested(rest, value)
  return { [key]: inner }
}

function nestedItem([, ...rest]: KeyPath, value: unknown): unknown {
  return rest.length === 0 ? value : nested(rest, value)
}

function withValue(content: unknown, path: KeyPath, value: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (typeof key === 'number') {
    const list = Array.isArray(content) ? [...(content as unknown[])] : []
    list[key] = withValue(list[key], rest, value)
    return list
  }
  const map = isPlainMap(content) ? content : {}
  return { ...map, [key]: withValue(map[key], rest, value) }
}

function withoutValue(content: unknown, path: KeyPath): unknown {
  const [key, ...rest] = path
  if (typeof key === 'number') {
    if (!Array.isArray(content)) return content
    const list = content as unknown[]
    return rest.length === 0 ? list.toSpliced(key, 1) : list.with(key, withoutValue(list[key], rest))
  }
  if (!isPlainMap(content) || !Object.hasOwn(content, key)) return content
  if (rest.length > 0) return { ...content, [key]: withoutValue(content[key], rest) }
  return Object.fromEntries(Object.entries(content).filter(([name]) => name !== key))
}
