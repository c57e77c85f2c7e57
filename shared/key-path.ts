/** `columns[3].params.period` for `['columns', 3, 'params', 'period']`; `the whole file` for the top itself. */
export function formatKeyPath(path: readonly PropertyKey[]): string {
  let text = ''
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`
    else text += text === '' ? String(key) : `.${String(key)}`
  }
  return text === '' ? 'the whole file' : text
}
