/**
 * Breaks `text` at its spaces into lines that are no wider than `width`. A word that is wider by itself has a line of its own.
 *
 * @param measure width of a text in the unit of `width`.
 */
export function wrapWords(text: string, width: number, measure: (text: string) => number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const last = lines.at(-1)
    if (last !== undefined && measure(`${last} ${word}`) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
