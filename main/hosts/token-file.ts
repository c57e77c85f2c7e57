import { randomBytes } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SwitchyardError } from '#shared/errors.ts'

/** File in the workspace with the token of its headless server. It outlives the server, so that open pages find it again. */
const TOKEN_FILE = 'token'

const TOKEN = /^[A-Za-z0-9_-]{43}$/

/**
 * The token of a workspace: 32 random bytes as base64url, made when there is none or what is there is none. The file is
 * readable by its owner only, also when somebody has opened it up meanwhile.
 *
 * @throws {SwitchyardError} IO_ERROR when the file cannot be read or written.
 */
export async function workspaceToken(folder: string): Promise<string> {
  const file = join(folder, TOKEN_FILE)
  try {
    const known = await readIfPresent(file)
    const token = TOKEN.test(known) ? known : randomBytes(32).toString('base64url')
    if (token !== known) await writeFile(file, token, { mode: 0o600 })
    await chmod(file, 0o600)
    return token
  } catch (thrown) {
    throw new SwitchyardError('IO_ERROR', `${file} cannot be read or written.`, {
      hint: 'Check that the workspace folder can be written and that nothing else has this name.',
      cause: thrown,
    })
  }
}

async function readIfPresent(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return ''
    throw thrown
  }
}
