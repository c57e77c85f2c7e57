/**
 * JSON without white space and with the keys of every object in code unit order: equal data has equal text. What JSON cannot
 * say (undefined, functions) is left out as `JSON.stringify` does.
 */
export function canonicalJson(value: unknown): string {
  return write(JSON.parse(JSON.stringify(value)))
}

/** Writes plain data. The keys are joined by hand, because an object puts keys that look like numbers first. */
function write(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map(write).join(',')}]`
  if (typeof data !== 'object' || data === null) return JSON.stringify(data)
  const members = Object.entries(data)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`)
  return `{${members.join(',')}}`
}
