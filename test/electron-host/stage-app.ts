import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MainConfigFactory, PreloadConfigFactory, RendererConfigFactory } from 'electron-vite'
import type { MainViteConfig, PreloadViteConfig, RendererViteConfig } from 'electron-vite'
import { build } from 'vite'

/** The project's folder. */
export const PROJECT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')
const FIXTURE = fileURLToPath(new URL('./fixture', import.meta.url))

/** A folder laid out as a built application, and its removal. */
export interface StagedApp {
  /** What `app.getAppPath()` is to return. */
  readonly appPath: string
  remove(): void
}

/**
 * Lays out a built application: the real preload script, built by the project's own configuration, with the fixture's page and
 * the fixture's engine.
 */
export function stageFixtureApp(): Promise<StagedApp> {
  return stage(layOutFixture)
}

/** Builds the whole application by the project's own configuration; its entry is `out/main/index.js` below `appPath`. */
export function stageBuiltApp(): Promise<StagedApp> {
  return stage(layOutBuild)
}

async function layOutFixture(appPath: string): Promise<void> {
  const out = path.join(appPath, 'out')
  const { preload } = await projectConfiguration()
  await build(await new PreloadConfigFactory(preload, into(out, 'preload'), { root: PROJECT }).build())
  await build({
    root: path.join(FIXTURE, 'renderer'),
    configFile: false,
    logLevel: 'error',
    base: '/',
    build: { outDir: path.join(out, 'renderer'), modulePreload: { polyfill: false } },
  })
  mkdirSync(path.join(out, 'main'), { recursive: true })
  const engine = pathToFileURL(path.join(FIXTURE, 'engine.ts')).href
  writeFileSync(path.join(out, 'main', 'engine.js'), `import ${JSON.stringify(engine)}\n`)
}

async function layOutBuild(appPath: string): Promise<void> {
  const out = path.join(appPath, 'out')
  const { main, preload, renderer } = await projectConfiguration()
  const root = { root: PROJECT }
  await build(await new MainConfigFactory(main, into(out, 'main'), root).build())
  await build(await new PreloadConfigFactory(preload, into(out, 'preload'), root).build())
  await build(await new RendererConfigFactory(renderer, into(out, 'renderer'), root).build())
  symlinkSync(path.join(PROJECT, 'data'), path.join(appPath, 'data'))
}

async function stage(layOut: (appPath: string) => Promise<void>): Promise<StagedApp> {
  const cache = path.join(PROJECT, '.cache', 'electron-host')
  mkdirSync(cache, { recursive: true })
  // Inside the project, so that what is staged finds the project's packages.
  const appPath = mkdtempSync(path.join(cache, 'app-'))
  const remove = (): void => rmSync(appPath, { recursive: true, force: true })
  try {
    await layOut(appPath)
  } catch (error) {
    remove()
    throw error
  }
  return { appPath, remove }
}

function into(out: string, part: string) {
  const build = { outDir: path.join(out, part), emptyOutDir: true }
  return { mode: 'production', configFile: false, logLevel: 'error', build } as const
}

interface ProjectConfiguration {
  readonly main: MainViteConfig
  readonly preload: PreloadViteConfig
  readonly renderer: RendererViteConfig
}

async function projectConfiguration(): Promise<ProjectConfiguration> {
  const file = pathToFileURL(path.join(PROJECT, 'electron.vite.config.ts')).href
  return ((await import(/* @vite-ignore */ file)) as { default: ProjectConfiguration }).default
}
