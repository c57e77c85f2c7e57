import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A new empty folder that is removed after the tests of the file that asked for it. Call it at the top of a test file. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
