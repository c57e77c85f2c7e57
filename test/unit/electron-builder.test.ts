import { existsSync, globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** electron-builder's own validator of its configuration, which its command runs before anything else. */
interface Builder {
  validateConfiguration(config: object, debugLogger: { readonly isEnabled: boolean }): Promise<void>
}

const fromBuilder = createRequire(createRequire(import.meta.url).resolve('electron-builder'))
const builder = fromBuilder('app-builder-lib/out/util/config/config.js') as Builder

interface Configuration {
  files: string[]
  asarUnpack: string[]
  electronFuses: Record<string, boolean>
  extraResources: { from: string; to: string }[]
  linux: { target: string[] }
  mac: { target: string[]; hardenedRuntime: boolean }
  win: { target: string[] }
}

/** A fresh copy, because the validator fills in defaults. */
function configuration(): Configuration {
  return parse(readFileSync(path.join(PROJECT, 'electron-builder.yml'), 'utf8')) as Configuration
}

function validate(config: object): Promise<void> {
  return builder.validateConfiguration(config, { isEnabled: false })
}

describe('electron-builder.yml', () => {
  test("obeys electron-builder's schema", async () => {
    await expect(validate(configuration())).resolves.toBeUndefined()
  })

  test.each([
    ['at the top', { ...configuration(), asarUnpak: [] }, 'asarUnpak'],
    [
      'in a fuse',
      { ...configuration(), electronFuses: { ...configuration().electronFuses, runAsNodes: false } },
      'configuration.electronFuses',
    ],
    [
      'below a platform',
      { ...configuration(), mac: { ...configuration().mac, hardendRuntime: true } },
      'configuration.mac',
    ],
    ['in a value', { ...configuration(), electronFuses: { runAsNode: 'never' } }, 'runAsNode'],
  ])('with a typo %s is refused, and its place is named', async (_where, config, typo) => {
    await expect(validate(config)).rejects.toThrow(typo)
  })

  test('builds an AppImage and a Debian package, a disk image, and an installer', () => {
    const { linux, mac, win } = configuration()
    expect([linux.target, mac.target, win.target]).toEqual([['AppImage', 'deb'], ['dmg'], ['nsis']])
    expect(mac.hardenedRuntime).toBe(true)
  })

  test('closes every door of the executable that the application does not use', () => {
    expect(configuration().electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
    })
  })

  test('unpacks every native library that is installed', () => {
    const { asarUnpack } = configuration()
    const libraries = globSync(
      ['node_modules/better-sqlite3/**/*.node', 'node_modules/@duckdb/**/*.{node,so,dylib,dll}'],
      { cwd: PROJECT },
    )
    expect(libraries.some((file) => file.includes('better-sqlite3'))).toBe(true)
    expect(libraries.some((file) => file.includes('node-bindings-'))).toBe(true)
    const packed = libraries.filter((file) => !asarUnpack.some((pattern) => path.matchesGlob(file, pattern)))
    expect(packed).toEqual([])
  })

  test('names only what the project has', () => {
    const { extraResources } = configuration()
    expect(extraResources).toEqual([{ from: 'data', to: 'data' }])
    expect(existsSync(path.join(PROJECT, 'data', 'calendars'))).toBe(true)
    const { main } = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as { main: string }
    expect(main).toBe('./out/main/index.js')
  })
})
