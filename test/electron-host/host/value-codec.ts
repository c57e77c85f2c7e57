/**
 * JSON for the values that cross between Node and a page: what JSON knows, and undefined, ArrayBuffer and Uint8Array besides.
 * Anything else throws, because passing it on changed would prove something false.
 *
 * Both functions are also sent to the page as source text, so neither may use anything outside itself.
 */
export function encodeValue(value: unknown): unknown {
  const bytesOf = (bytes: Uint8Array): string => {
    let text = ''
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
    return btoa(text)
  }
  if (value === undefined) return { $: 'undefined' }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) return value.map((each) => encodeValue(each))
  if (typeof value === 'object') {
    const kind = Object.prototype.toString.call(value)
    if (kind === '[object Uint8Array]') return { $: 'bytes', data: bytesOf(value as Uint8Array) }
    if (kind === '[object ArrayBuffer]') return { $: 'buffer', data: bytesOf(new Uint8Array(value as ArrayBuffer)) }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === null || Object.getPrototypeOf(prototype) === null) {
      return { $: 'object', data: Object.entries(value).map(([key, each]) => [key, encodeValue(each)]) }
    }
  }
  throw new TypeError(`electron-host does not carry ${Object.prototype.toString.call(value)} between processes.`)
}

/** The value that `encodeValue` encoded. */
export function decodeValue(encoded: unknown): unknown {
  const bytesFrom = (text: unknown): Uint8Array => Uint8Array.from(atob(String(text)), (each) => each.charCodeAt(0))
  if (Array.isArray(encoded)) return encoded.map((each) => decodeValue(each))
  if (typeof encoded !== 'object' || encoded === null) return encoded
  const { $: kind, data } = encoded as { $: string; data?: unknown }
  if (kind === 'undefined') return undefined
  if (kind === 'bytes') return bytesFrom(data)
  if (kind === 'buffer') return bytesFrom(data).buffer
  return Object.fromEntries((data as [string, unknown][]).map(([key, each]) => [key, decodeValue(each)]))
}
