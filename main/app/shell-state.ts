import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Where the window was, in device-independent pixels of the virtual screen. */
export interface WindowBounds {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** What the shell remembers between two starts, for one user of the operating system. Everything may be absent. */
export interface ShellState {
  /** Absolute path of the workspace folder that was open last. */
  readonly workspace?: string
  /** Bounds of the window when it was neither maximised nor full screen. */
  readonly bounds?: WindowBounds
  readonly maximized?: boolean
}

/** Reads the state; what is missing or malformed is left out, because a bad file must not keep the application from starting. */
export function readShellState(file: string): ShellState {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return {}
  }
  return parseShellState(text)
}

/** Parses what `writeShellState` wrote, keeping the valid parts. */
export function parseShellState(text: string): ShellState {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return {}
  }
  if (!isRecord(value)) return {}
  const bounds = parseBounds(value['bounds'])
  return {
    ...(typeof value['workspace'] === 'string' && path.isAbsolute(value['workspace'])
      ? { workspace: value['workspace'] }
      : {}),
    ...(bounds === undefined ? {} : { bounds }),
    ...(typeof value['maximized'] === 'boolean' ? { maximized: value['maximized'] } : {}),
  }
}

/** Replaces the state file whole, so that a crash leaves the old one or the new one. Throws what the file system throws. */
export function writeShellState(file: string, state: ShellState): void {
  mkdirSync(path.dirname(file), { recursive: true })
  const temporary = `${file}.new`
  writeFileSync(temporary, `${JSON.stringify(state, null, 2)}\n`)
  renameSync(temporary, file)
}

function parseBounds(value: unknown): WindowBounds | undefined {
  if (!isRecord(value)) return undefined
  const { x, y, width, height } = value
  if (!isPixelCount(x) || !isPixelCount(y) || !isPixelCount(width) || !isPixelCount(height)) return undefined
  if (width <= 0 || height <= 0) return undefined
  return { x, y, width, height }
}

/** Far larger than any screen, far smaller than what overflows a window system's 16-bit coordinates. */
const MAX_PIXELS = 30_000

function isPixelCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MAX_PIXELS
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
