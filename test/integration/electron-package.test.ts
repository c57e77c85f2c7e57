import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/**
 * Packages a small project with the real electron-builder and the project's own configuration. The Electron distribution is a
 * stand-in: an executable with a fuse wire and nothing else. What is checked is what the configuration decides: which files go
 * where, and how the fuses are set.
 */
const CONFIGURATION = fileURLToPath(new URL('../../electron-builder.yml', import.meta.url))

interface Asar {
  createPackage(source: string, archive: string): Promise<void>
  listPackage(archive: string, options: { isPack: boolean }): string[]
}

interface Builder {
  build(options: {
    projectDir: string
    linux: string[]
    x64: boolean
    publish: 'never'
    config: { extends: string; electronVersion: string; electronDist: string }
  }): Promise<string[]>
}

const require = createRequire(import.meta.url)
const fromBuilder = createRequire(createRequire(require.resolve('electron-builder')).resolve('app-builder-lib'))
const asar = fromBuilder('@electron/asar') as Asar

/** Precedes the fuse wire in Electron's executable; then come a version byte, a length byte and one character a fuse. */
const FUSE_SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'

/** electron-builder packages for the platform it runs on without further tools; the layout below is that of Linux. */
const isLinux = process.platform === 'linux' && process.arch === 'x64'
if (!isLinux) console.info('SKIPPED: the packaging test, because it runs on 64-bit Linux only.')

let folder: string
let resources: string

function write(file: string, content: string | Buffer = file): void {
  const full = path.join(folder, file)
  mkdirSync(path.dirname(full), { recursive: true })
  writeFileSync(full, content)
}

function installPackage(name: string, files: readonly string[], dependencies: Record<string, string> = {}): void {
  const root = `project/node_modules/${name}`
  write(`${root}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js', dependencies }))
  for (const file of files) write(`${root}/${file}`)
}

async function standInElectron(): Promise<void> {
  const wire = Buffer.concat([Buffer.from(FUSE_SENTINEL), Buffer.from([1, 8]), Buffer.from('10101010')])
  write('electron/electron', wire)
  chmodSync(path.join(folder, 'electron/electron'), 0o755)
  write('electron/locales/en-US.pak')
  write('electron/LICENSE')
  write('default-app/package.json', '{}')
  mkdirSync(path.join(folder, 'electron/resources'))
  await asar.createPackage(path.join(folder, 'default-app'), path.join(folder, 'electron/resources/default_app.asar'))
}

beforeAll(async () => {
  if (!isLinux) return
  folder = mkdtempSync(path.join(tmpdir(), 'switchyard-package-'))
  await standInElectron()
  write(
    'project/package.json',
    JSON.stringify({
      name: 'switchyard',
      version: '1.2.3',
      description: 'x',
      license: 'MIT',
      type: 'module',
      main: './out/main/index.js',
      dependencies: { 'better-sqlite3': '1.0.0', '@duckdb/node-bindings': '1.0.0' },
      devDependencies: { react: '1.0.0' },
    }),
  )
  for (const file of [
    'LICENSE',
    'out/main/index.js',
    'out/main/index.js.map',
    'out/main/engine.js',
    'out/preload/index.cjs',
    'out/renderer/index.html',
    'data/calendars/XNYS.yaml',
    'main/app/index.ts',
    'shared/errors.ts',
    'test/unit/x.test.ts',
    'docs/electron.md',
    '.cache/x',
    'demo-workspace/store/raw.db',
  ]) {
    write(`project/${file}`)
  }
  installPackage('react', ['index.js'])
  installPackage('better-sqlite3', [
    'index.js',
    'src/a.cpp',
    'deps/sqlite3.c',
    'binding.gyp',
    'prebuilds/linux-x64.node',
    'prebuilds/linuxmusl-x64.node',
    'prebuilds/darwin-arm64.node',
    'prebuilds/win32-x64.node',
  ])
  installPackage('@duckdb/node-bindings', ['duckdb.js'], { '@duckdb/node-bindings-linux-x64': '1.0.0' })
  installPackage('@duckdb/node-bindings-linux-x64', ['duckdb.node', 'libduckdb.so'])

  const builder = require('electron-builder') as Builder
  await builder.build({
    projectDir: path.join(folder, 'project'),
    linux: ['dir'],
    x64: true,
    publish: 'never',
    config: { extends: CONFIGURATION, electronVersion: '45.4.1', electronDist: path.join(folder, 'electron') },
  })
  resources = path.join(folder, 'project/dist/linux-unpacked/resources')
})

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!isLinux)('the packaged application', () => {
  test('the archive holds what was built and the packages it loads, and nothing else', () => {
    const listed = asar.listPackage(path.join(resources, 'app.asar'), { isPack: false })
    const files = listed.filter((file) => path.extname(file) !== '' || file === '/LICENSE')
    const own = files.filter((file) => !file.startsWith('/node_modules/'))
    expect(own.toSorted()).toEqual([
      '/LICENSE',
      '/out/main/engine.js',
      '/out/main/index.js',
      '/out/preload/index.cjs',
      '/out/renderer/index.html',
      '/package.json',
    ])
    const packages = files.filter((file) => file.startsWith('/node_modules/'))
    expect(packages.toSorted()).toEqual([
      '/node_modules/@duckdb/node-bindings-linux-x64/duckdb.node',
      '/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so',
      '/node_modules/@duckdb/node-bindings-linux-x64/package.json',
      '/node_modules/@duckdb/node-bindings/duckdb.js',
      '/node_modules/@duckdb/node-bindings/package.json',
      '/node_modules/better-sqlite3/index.js',
      '/node_modules/better-sqlite3/package.json',
      '/node_modules/better-sqlite3/prebuilds/linux-x64.node',
      '/node_modules/better-sqlite3/prebuilds/linuxmusl-x64.node',
    ])
  })

  test('native libraries lie beside the archive, where the operating system can load them', () => {
    const unpacked = path.join(resources, 'app.asar.unpacked/node_modules')
    expect(readdirSync(path.join(unpacked, 'better-sqlite3/prebuilds')).toSorted()).toEqual([
      'linux-x64.node',
      'linuxmusl-x64.node',
    ])
    expect(readdirSync(path.join(unpacked, '@duckdb/node-bindings-linux-x64'))).toEqual(
      expect.arrayContaining(['duckdb.node', 'libduckdb.so']),
    )
  })

  test('the data folder lies beside the archive', () => {
    expect(readFileSync(path.join(resources, 'data/calendars/XNYS.yaml'), 'utf8')).toBe(
      'project/data/calendars/XNYS.yaml',
    )
  })

  test('every fuse is set in the executable', () => {
    const executable = readFileSync(path.join(resources, '../switchyard'), 'latin1')
    const wire = executable.slice(executable.indexOf(FUSE_SENTINEL) + FUSE_SENTINEL.length + 2)
    // Electron's order: runAsNode, cookie encryption, NODE_OPTIONS, --inspect, archive integrity, archive only, own V8 snapshot,
    // privileges of file pages.
    expect(wire).toBe('01001100')
  })
})
