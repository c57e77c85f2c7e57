import type { BrowserWindowConstructorOptions } from 'electron'

/** What happened since the start, for the test to read. */
export const records = {
  sandboxEnabled: false,
  lockData: undefined as unknown,
  windowOptions: [] as BrowserWindowConstructorOptions[],
  opened: [] as string[],
  revealed: [] as string[],
  blockedRequests: [] as string[],
  refusedWindows: [] as string[],
}
