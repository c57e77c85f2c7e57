import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { RendererConfigFactory } from 'electron-vite'
import type { RendererViteConfig } from 'electron-vite'
import { build } from 'vite'

/** The project's folder. */
const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** Where the browser tests leave pictures of the pages, for people to look at. */
export const SCREENSHOTS = path.join(PROJECT, 'test-results', 'screenshots')

/**
 * Builds the console as it stands with the project's own configuration, and returns the folder it is in.
 *
 * @param name of the folder: test files run beside each other, and each builds its own.
 */
export async function buildConsole(name: string): Promise<string> {
  const outDir = path.join(PROJECT, '.cache', 'console-test', name)
  const file = pathToFileURL(path.join(PROJECT, 'electron.vite.config.ts')).href
  const { default: configuration } = (await import(/* @vite-ignore */ file)) as {
    default: { renderer: RendererViteConfig }
  }
  const inline = { mode: 'production', configFile: false, logLevel: 'error', build: { outDir } } as const
  await build(await new RendererConfigFactory(configuration.renderer, inline, { root: PROJECT }).build())
  return outDir
}
