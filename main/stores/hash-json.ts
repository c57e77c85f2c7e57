import { createHash } from 'node:crypto'
import { canonicalJson } from '#shared/canonical-json.ts'

/** SHA-256 (hex) of the canonical JSON of `value`: the order of keys does not matter, anything else does. */
export function hashJson(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}
