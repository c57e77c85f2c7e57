import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { workspaceConfigSchema } from '#shared/config/workspace-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { newWorkspace } from '#main/engine/new-workspace.ts'
import { createWorkspace, ensureFolders, lockWorkspace, readConfig } from '#main/engine/workspace.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
let folders = 0
const newFolder = (): string => join(folder, `workspace-${folders++}`)

function errorOf(action: () => unknown): SwitchyardError {
  try {
    action()
  } catch (error) {
    if (error instanceof SwitchyardError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** What is wrong with a configuration, without the name of the file. */
function problemsOf(text: string): string[] {
  const workspace = newFolder()
  mkdirSync(workspace)
  const file = join(workspace, 'switchyard.yaml')
  writeFileSync(file, text)
  const error = errorOf(() => readConfig(workspace))
  expect(error.code).toBe('CONFIG_INVALID')
  return error.message.replaceAll(file, '').split('\n')
}

describe('a new workspace', () => {
  test('has its folders and a configuration for a first try', () => {
    const workspace = newFolder()
    newWorkspace(workspace, {})
    expect(readdirSync(workspace).sort()).toEqual(['exports', 'logs', 'snapshots', 'store', 'switchyard.yaml'])
    expect(readConfig(workspace)).toEqual(
      workspaceConfigSchema.parse({
        version: 1,
        name: workspace.split('/').at(-1),
        symbols: [{ symbol: 'SPY' }],
      }),
    )
  })

  test('has what was chosen, whatever characters there are in it', () => {
    const workspace = newFolder()
    const name = 'desk: "1" # \'x\' {y} [z] \\ é'
    const oldPipeline = { name: 'yes', bars: { files: 'old/{symbol}: #1.csv', label: 'end', zone: 'Europe/London' } }
    newWorkspace(workspace, {
      name,
      host: '::1',
      port: 4002,
      clientId: 0,
      symbols: ['BRK.B', 'NO', '7203', '1e3'],
      oldPipeline,
    })
    const config = readConfig(workspace)
    expect(config).toMatchObject({ name, tws: { host: '::1', port: 4002, clientId: 0 }, oldPipeline })
    expect(config.symbols.map(({ symbol }) => symbol)).toEqual(['BRK.B', 'NO', '7203', '1e3'])
  })

  test.each([
    ['a port that is none', { port: 70_000 }, 'tws.port'],
    ['a symbol twice', { symbols: ['SPY', 'SPY'] }, 'symbols[1].symbol'],
    ['a symbol that is a path', { symbols: ['../x'] }, 'symbols[0].symbol'],
    ['no symbols', { symbols: [] }, 'symbols'],
    ['a name that is too long', { name: 'x'.repeat(65) }, 'name'],
  ])('with %s is refused and not made', (_name, choices, key) => {
    const workspace = newFolder()
    const error = errorOf(() => newWorkspace(workspace, choices))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain(`${key}: `)
    expect(existsSync(workspace)).toBe(false)
  })

  test('does not take the place of another', () => {
    const workspace = newFolder()
    newWorkspace(workspace, { name: 'first' })
    expect(errorOf(() => newWorkspace(workspace, { name: 'second' })).code).toBe('WORKSPACE_EXISTS')
    expect(readConfig(workspace).name).toBe('first')
  })

  test('leaves the files of a folder that is there alone', () => {
    const workspace = newFolder()
    mkdirSync(workspace)
    writeFileSync(join(workspace, 'bars.csv'), 'mine')
    newWorkspace(workspace, {})
    expect(readFileSync(join(workspace, 'bars.csv'), 'utf8')).toBe('mine')
  })

  test('cannot be made where a file is', () => {
    const file = newFolder()
    writeFileSync(file, 'mine')
    for (const make of [
      () => newWorkspace(file, {}),
      () => createWorkspace(join(file, 'inside'), ''),
      () => ensureFolders(file),
    ]) {
      expect(errorOf(make).code).toBe('IO_ERROR')
    }
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })
})

describe('a configuration', () => {
  test('that is not there is named with what to do', () => {
    const workspace = newFolder()
    const error = errorOf(() => readConfig(workspace))
    expect(error.code).toBe('WORKSPACE_NOT_FOUND')
    expect(error.message).toContain(workspace)
    expect(error.hint).toContain(`switchyard init --workspace ${workspace}`)
  })

  const SYMBOLS = 'symbols: [{ symbol: SPY }]'
  const OLD = ['oldPipeline:', '  name: old', '  bars:', "    files: 'old/{symbol}.csv'"].join('\n')

  test.each([
    ['an unknown key', `version: 1\n${SYMBOLS}\ntwss: {}\n`, [':3: twss: is not a known key']],
    ['no version', `${SYMBOLS}\n`, [':1: version: is required']],
    [
      'a symbol twice',
      'version: 1\nsymbols:\n  - symbol: SPY\n  - symbol: IBM\n  - symbol: SPY\n',
      [':5: symbols[2].symbol: SPY is listed twice'],
    ],
    ['an empty list of symbols', 'version: 1\nsymbols: []\n', [/^:2: symbols: /]],
    ['a port of 0', `version: 1\ntws: { port: 0 }\n${SYMBOLS}\n`, [/^:2: tws\.port: /]],
    ['a port that is a text', `version: 1\ntws:\n  port: "7497"\n${SYMBOLS}\n`, [/^:3: tws\.port: /]],
    ['a port with a fraction', `version: 1\ntws:\n  port: 7497.5\n${SYMBOLS}\n`, [/^:3: tws\.port: /]],
    [
      'larger requests than the decoder bears',
      `version: 1\ntws: { maxBarsPerRequest: 5001 }\n${SYMBOLS}\n`,
      [/^:2: tws\.maxBarsPerRequest: /],
    ],
    [
      'requests smaller than a session',
      `version: 1\ntws: { maxBarsPerRequest: 389 }\n${SYMBOLS}\n`,
      [/^:2: tws\.maxBarsPerRequest: /],
    ],
    [
      'a zone that is none',
      `version: 1\n${SYMBOLS}\n${OLD}\n    zone: America/Gotham\n`,
      [/^:7: oldPipeline\.bars\.zone: must be an IANA time zone/],
    ],
    [
      'files without a symbol',
      `version: 1\n${SYMBOLS}\n${OLD.replace('{symbol}', 'SPY')}\n`,
      [/^:6: oldPipeline\.bars\.files: must contain \{symbol\}/],
    ],
    [
      'a label that is neither start nor end',
      `version: 1\n${SYMBOLS}\n${OLD}\n    label: middle\n`,
      [/^:7: oldPipeline\.bars\.label: /],
    ],
    [
      'a delimiter of two characters',
      `version: 1\n${SYMBOLS}\n${OLD}\n    delimiter: '||'\n`,
      [/^:7: oldPipeline\.bars\.delimiter: /],
    ],
    [
      'a price scale of zero',
      `version: 1\n${SYMBOLS}\n${OLD}\n    priceScale: 0\n`,
      [/^:7: oldPipeline\.bars\.priceScale: /],
    ],
    [
      'a negative tolerance',
      `version: 1\n${SYMBOLS}\ncomparison: { tolerances: { close: { abs: -1 } } }\n`,
      [/^:3: comparison\.tolerances\.close\.abs: /],
    ],
    [
      'an infinite tolerance',
      `version: 1\n${SYMBOLS}\ncomparison: { tolerances: { close: { rel: .inf } } }\n`,
      [/^:3: comparison\.tolerances\.close\.rel: /],
    ],
    [
      'a coverage above one',
      `version: 1\n${SYMBOLS}\nquality: { minimumCoverage: 1.01 }\n`,
      [/^:3: quality\.minimumCoverage: /],
    ],
    ['another bar size', `version: 1\n${SYMBOLS}\ncanonical: { barSize: 5 mins }\n`, [/^:3: canonical\.barSize: /]],
  ] as const)('with %s is refused with line and key', (_name, text, expected) => {
    const problems = problemsOf(text)
    expect(problems).toHaveLength(expected.length)
    expected.forEach((each, i) => expect(problems[i]).toMatch(each))
  })
})

describe('the lock of a workspace', () => {
  const ready = (): string => {
    const workspace = newFolder()
    ensureFolders(workspace)
    return workspace
  }

  test('is taken once, and again after it was given back', () => {
    const workspace = ready()
    const lock = lockWorkspace(workspace)
    const error = errorOf(() => lockWorkspace(workspace))
    expect(error.code).toBe('WORKSPACE_LOCKED')
    expect(error.message).toContain(workspace)
    expect(error.hint).toBeDefined()
    lock.release()
    lockWorkspace(workspace).release()
  })

  test('of one workspace leaves the others free', () => {
    const locks = [ready(), ready()].map(lockWorkspace)
    for (const lock of locks) lock.release()
    expect(locks).toHaveLength(2)
  })

  test('of another process is respected, and gone when that process was killed', async () => {
    const workspace = ready()
    const source = fileURLToPath(new URL('../../main/engine/workspace.ts', import.meta.url))
    const script = `import { lockWorkspace } from ${JSON.stringify(source)}
      lockWorkspace(${JSON.stringify(workspace)})
      process.stdout.write('locked')
      setInterval(() => undefined, 1000)`
    const other = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(other, 'exit')
    await once(other.stdout, 'data')
    expect(errorOf(() => lockWorkspace(workspace)).code).toBe('WORKSPACE_LOCKED')
    other.kill('SIGKILL')
    await ended
    lockWorkspace(workspace).release()
  })

  test('that cannot be written is not called taken', () => {
    const workspace = ready()
    writeFileSync(join(workspace, 'store', 'engine.lock'), 'this is no lock of Switchyard\n'.repeat(100))
    expect(errorOf(() => lockWorkspace(workspace)).code).toBe('STORE_NOT_A_DATABASE')
  })
})
