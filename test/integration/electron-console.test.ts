import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PATIENCE_MS } from '../electron-host/electron-host.ts'
import { Harness } from '../electron-host/harness.ts'
import { PROJECT, stageBuiltApp } from '../electron-host/stage-app.ts'
import type { StagedApp } from '../electron-host/stage-app.ts'

/** The application as it is shipped: built main process, preload script, page and engine. */
let app: StagedApp
let harness: Harness

beforeAll(async () => {
  app = await stageBuiltApp()
  harness = await Harness.open()
})

afterAll(async () => {
  await harness?.close()
  app?.remove()
})

/** What a built module imports or requires, chunks of the build included. */
function importsOf(file: string): string[] {
  const code = readFileSync(file, 'utf8')
  const statements = code.matchAll(
    /^(?:import|export)\s[^;]*?from\s*"([^"]+)"|^import\s*"([^"]+)"|\brequire\("([^"]+)"\)/gm,
  )
  return [...statements].map(([, from, bare, required]) => from ?? bare ?? required)
}

/** The modules outside the build that `entry` reaches. */
function reach(entry: string, seen = new Set<string>()): Set<string> {
  const external = new Set<string>()
  if (seen.has(entry)) return external
  seen.add(entry)
  for (const specifier of importsOf(entry)) {
    if (!specifier.startsWith('.')) external.add(specifier)
    else for (const each of reach(path.resolve(path.dirname(entry), specifier), seen)) external.add(each)
  }
  return external
}

describe('the build', () => {
  test('makes the preload script one CommonJS file that requires Electron and nothing else', () => {
    const folder = path.join(app.appPath, 'out', 'preload')
    expect(readdirSync(folder)).toEqual(['index.cjs'])
    expect(importsOf(path.join(folder, 'index.cjs'))).toEqual(['electron'])
  })

  test.each(['index.js', 'engine.js', 'compute-worker.js'])(
    'lets %s load packages that are shipped, and no others',
    (name) => {
      const { dependencies } = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as {
        dependencies: Record<string, string>
      }
      const external = reach(path.join(app.appPath, 'out', 'main', name))
      const packages = [...external].filter((each) => !isBuiltin(each))
      // Of the three only the shell runs where Electron's modules are.
      expect(packages.includes('electron')).toBe(name === 'index.js')
      const shipped = new Set([...Object.keys(dependencies), 'electron'])
      const packageOf = (specifier: string): string =>
        specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/')
      expect(packages.filter((each) => !shipped.has(packageOf(each)))).toEqual([])
    },
  )
})

describe('the console', () => {
  test('shows what the engine says, over the handed-over port, and finds it again after a crash', async () => {
    const workspace = path.join(harness.folder, 'real-desk')
    execFileSync(process.execPath, [path.join(PROJECT, 'main/cli/switchyard.ts'), 'init', '--workspace', workspace])
    const host = harness.start('real', {
      appPath: app.appPath,
      entry: path.relative(PROJECT, path.join(app.appPath, 'out/main/index.js')),
      args: ['--workspace', workspace],
    })
    await host.next('window-shown')
    const first = await host.next('engine-started')
    // The name of the workspace reaches the page from the engine only.
    await host.pageUntil("document.body.innerText.includes('real-desk')")
    await expect.poll(() => host.call('portTraffic'), { timeout: PATIENCE_MS }).toMatchObject({ open: 1 })
    const { received } = await host.call('portTraffic')
    expect(received).toBeGreaterThan(0)

    process.kill(first.pid, 'SIGKILL')
    await host.next('engine-started')
    await expect
      .poll(
        async () => {
          const traffic = await host.call('portTraffic')
          return traffic.open === 1 && traffic.received > received
        },
        { timeout: PATIENCE_MS },
      )
      .toBe(true)

    // The page keeps to its policy: it never asked for anything outside.
    expect((await host.call('records')).blockedRequests).toEqual([])
    await host.call('quit')
    expect((await host.next('engine-exited', ({ pid }) => pid !== first.pid)).code).toBe(0)
    expect(await host.exited()).toBe(0)
  })
})
