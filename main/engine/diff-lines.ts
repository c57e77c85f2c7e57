import type { PlannedChange } from '#shared/contract/old-data.ts'

type DiffLine = PlannedChange['diff'][number]

/** Two texts line by line: what is in both, what was taken out, and what was added. */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = linesOf(before)
  const b = linesOf(after)
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const lines: DiffLine[] = []
  let x = 0
  let y = 0
  const same = (): void => void lines.push({ kind: 'same', before: ++x, after: ++y, text: a[x - 1] })
  const removed = (): void => void lines.push({ kind: 'removed', before: ++x, after: null, text: a[x - 1] })
  const added = (): void => void lines.push({ kind: 'added', before: null, after: ++y, text: b[y - 1] })
  while (x < start) same()
  const common = commonLengths(a.slice(start, a.length - end), b.slice(start, b.length - end))
  while (x < a.length - end || y < b.length - end) {
    const i = x - start
    const j = y - start
    if (x < a.length - end && y < b.length - end && a[x] === b[y]) same()
    else if (y === b.length - end || (x < a.length - end && common[i + 1][j] >= common[i][j + 1])) removed()
    else added()
  }
  while (x < a.length) same()
  return lines
}

/** `[i][j]`: how many lines the rest of `a` from `i` and of `b` from `j` have in common, in their order. */
function commonLengths(a: readonly string[], b: readonly string[]): readonly Uint16Array[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1])
    }
  }
  return lengths
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}
