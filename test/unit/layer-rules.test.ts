import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tempFolder } from './temp-folder.ts'

const ROOT = join(import.meta.dirname, '../..')

/** A file in a folder, with one line of code. */
type Case = readonly [folder: string, code: string]

const imports = (specifier: string): string => `import { x } from '${specifier}'\nexport const y = x`

const FORBIDDEN: readonly Case[] = [
  // Pure code: no other layer, no package, no Node module, no clock, no timer, no randomness, no environment.
  ['main/pipeline', imports('#main/stores/raw-store.ts')],
  ['main/pipeline', imports('#main/compare/compare-session.ts')],
  ['main/pipeline', imports('#main/engine/create-engine.ts')],
  ['main/pipeline/transform', imports('../../stores/raw-store.ts')],
  ['main/pipeline', `import type { X } from '#main/stores/raw-store.ts'\nexport type Y = X`],
  ['main/pipeline', `export { x } from '#main/stores/raw-store.ts'`],
  ['main/pipeline', `export const y = import('#main/stores/raw-store.ts')`],
  ['main/pipeline', imports('node:fs')],
  ['main/pipeline', imports('fs')],
  ['main/pipeline', imports('better-sqlite3')],
  ['main/pipeline', imports('@duckdb/node-api')],
  ['main/pipeline', imports('zod')],
  ['main/pipeline', 'export const y = new Date()'],
  ['main/pipeline', 'export const y = Date.now()'],
  ['main/pipeline', 'export const y = Math.random()'],
  ['main/pipeline', 'export const y = performance.now()'],
  ['main/pipeline', 'export const y = process.env'],
  ['main/pipeline', 'setTimeout(() => 1, 1)'],
  ['main/pipeline', "export const y = fetch('http://localhost')"],
  ['main/compare', imports('#main/pipeline/transform/run-transform-tws-bars.ts')],
  ['main/compare', imports('#main/stores/raw-store.ts')],
  ['main/compare', imports('node:crypto')],
  ['main/compare', 'export const y = Date.now()'],
  ['main/compare', 'export const y = Math.random()'],

  // What everybody shares knows nobody.
  ['shared', imports('react')],
  ['shared', imports('electron')],
  ['shared', imports('node:fs')],
  ['shared', imports('better-sqlite3')],
  ['shared', imports('@mantine/core')],
  ['shared', imports('@orpc/server')],
  ['shared', imports('#main/stores/raw-store.ts')],
  ['shared/calendar', imports('../../main/engine/load-calendar.ts')],
  ['shared', imports('#renderer/app.tsx')],

  // The console runs in a sandboxed page.
  ['renderer', imports('#main/engine/create-engine.ts')],
  ['renderer', imports('#main/rpc/router.ts')],
  ['renderer/pages', imports('../../main/stores/raw-store.ts')],
  ['renderer', imports('#preload/index.ts')],
  ['renderer', imports('electron')],
  ['renderer', imports('node:fs')],
  ['renderer', imports('better-sqlite3')],

  // Lower layers never reach up.
  ['main/stores', imports('#main/rpc/router.ts')],
  ['main/stores', imports('#main/jobs/job-runner.ts')],
  ['main/stores', imports('#main/engine/create-engine.ts')],
  ['main/tws', imports('#main/rpc/router.ts')],
  ['main/tws', imports('#main/jobs/job-runner.ts')],
  ['main/tws', imports('#main/simulator/simulator.ts')],
  ['main/jobs', imports('#main/rpc/router.ts')],
  ['main/jobs', imports('#main/engine/create-engine.ts')],
  ['main/jobs', imports('#main/simulator/simulator.ts')],
  ['main/legacy', imports('#main/jobs/job-runner.ts')],
  ['main/export', imports('#main/legacy/read-old-bars.ts')],
  ['main/engine', imports('#main/rpc/router.ts')],
  ['main/engine', imports('#main/cli/main.ts')],
  ['main/rpc', imports('#main/hosts/headless-server.ts')],
  ['main/hosts', imports('#main/stores/raw-store.ts')],
  ['main/cli', imports('#main/jobs/job-runner.ts')],
  ['main/cli', imports('#main/export/table-file.ts')],
  ['main/tables', imports('#main/stores/raw-store.ts')],
  ['main/tables', imports('#main/export/table-file.ts')],
  ['main/jobs', imports('#main/tables/diff-tables.ts')],

  // The simulator must not share a mistake with the client.
  ['main/simulator', imports('#main/tws/tws-client.ts')],
  ['main/simulator', imports('#main/stores/raw-store.ts')],
  ['main/simulator/wire', imports('../../tws/parse-bars.ts')],

  // Electron is known to its shell alone.
  ...[
    'stores',
    'tws',
    'simulator',
    'pipeline',
    'compare',
    'legacy',
    'export',
    'tables',
    'jobs',
    'engine',
    'rpc',
    'hosts',
    'cli',
  ].map((name): Case => [`main/${name}`, imports('electron')]),
  ['main/engine', imports('electron/main')],
  ['main/app', imports('#main/engine/create-engine.ts')],
  ['main/app', imports('#main/stores/raw-store.ts')],
  ['preload', imports('#main/app/index.ts')],
]

const ALLOWED: readonly Case[] = [
  ['main/pipeline', imports('#shared/bars.ts')],
  ['main/pipeline', imports('#main/pipeline/features/formulas.ts')],
  ['main/pipeline/features', imports('../transform/curation-config.ts')],
  ['main/pipeline', imports('./another.ts')],
  ['main/pipeline', 'export const y = Math.log(2)'],
  ['main/compare', imports('#shared/config/workspace-config.ts')],
  ['shared', imports('#shared/time.ts')],
  ['shared', imports('zod')],
  ['shared', imports('temporal-polyfill')],
  ['shared', imports('@orpc/contract')],
  ['shared', imports('./another.ts')],
  ['shared/calendar', imports('../time.ts')],
  ['renderer', imports('react')],
  ['renderer', imports('@mantine/core')],
  ['renderer', imports('#shared/contract/contract.ts')],
  ['renderer/pages', imports('../components/page.tsx')],
  ['main/stores', imports('better-sqlite3')],
  ['main/stores', imports('node:path')],
  ['main/stores', 'export const y = Date.now()'],
  ['main/tws', imports('#main/stores/raw-store.ts')],
  ['main/tws', imports('@stoqey/ib')],
  ['main/simulator', imports('#shared/calendar/calendar.ts')],
  ['main/simulator', imports('node:net')],
  ['main/jobs', imports('#main/stores/raw-store.ts')],
  ['main/jobs', imports('#main/pipeline/transform/run-transform-tws-bars.ts')],
  ['main/jobs', imports('#main/tws/tws-ingestor.ts')],
  ['main/engine', imports('#main/jobs/job-runner.ts')],
  ['main/rpc', imports('#main/engine/create-engine.ts')],
  ['main/hosts', imports('#main/rpc/router.ts')],
  ['main/cli', imports('#main/simulator/simulator.ts')],
  ['main/cli', imports('#main/tables/diff-tables.ts')],
  ['main/tables', imports('@duckdb/node-api')],
  ['main/tables', imports('#shared/errors.ts')],
  ['main/app', imports('electron')],
  ['preload', imports('electron')],
]

/** Rules broken by each case, found by one run of the linter over all of them. */
function lint(cases: readonly Case[]): string[][] {
  const folder = tempFolder()
  copyFileSync(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
  const files = cases.map(([inside, code], i) => {
    const file = join(inside, `case-${i}.ts`)
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), `${code}\n`)
    return file
  })
  const oxlint = join(ROOT, 'node_modules/.bin/oxlint')
  const ran = spawnSync(oxlint, ['--format', 'json'], { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  const { diagnostics } = JSON.parse(ran.stdout) as { diagnostics: { code: string; filename: string }[] }
  return files.map((file) =>
    diagnostics
      .filter(({ filename, code }) => filename.replaceAll('\\', '/') === file && code.includes('no-restricted'))
      .map(({ code }) => code),
  )
}

const broken = lint([...FORBIDDEN, ...ALLOWED])
const describeCase = ([folder, code]: Case): string => `${folder}: ${code.split('\n')[0]}`

describe('the linter refuses', () => {
  test.each(FORBIDDEN.map((each, i) => [describeCase(each), broken[i]] as const))('%s', (_name, rules) => {
    expect(rules).not.toEqual([])
  })
})

describe('the linter accepts', () => {
  test.each(ALLOWED.map((each, i) => [describeCase(each), broken[FORBIDDEN.length + i]] as const))(
    '%s',
    (_name, rules) => {
      expect(rules).toEqual([])
    },
  )
})
