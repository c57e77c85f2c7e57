/**
 * Names of the messages between the preload script and the Electron main process. The page never sees them: it has
 * `window.switchyardHost` (`host-api.ts`) only.
 */
export const HOST_CHANNELS = {
  /** Preload to main: the page asks for a port to the engine. */
  connect: 'switchyard:connect',
  /** Main to preload: one transferred port that speaks the contract with the engine. */
  port: 'switchyard:port',
  /** Preload to main: tell me the engine's state now. */
  engineStateWanted: 'switchyard:engine-state-wanted',
  /** Main to preload: the engine's state, on every change and when it was asked for. */
  engineState: 'switchyard:engine-state',
  /** Preload to main: the operator wants the engine started anew. */
  restartEngine: 'switchyard:restart-engine',
  /** Preload to main: the operator wants to pick another workspace folder. */
  openWorkspace: 'switchyard:open-workspace',
} as const
