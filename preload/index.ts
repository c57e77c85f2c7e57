/**
 * The preload script of the console's window. It runs sandboxed, in its own JavaScript world, and gives the page exactly the
 * functions of `SwitchyardHost`: no channel names, no Electron objects, no way to send anything else.
 */
import { contextBridge, ipcRenderer } from 'electron'
import { PORT_MESSAGE_TYPE } from '#shared/host-api.ts'
import type { EngineState, PortMessage, SwitchyardHost } from '#shared/host-api.ts'
import { HOST_CHANNELS } from '#shared/host-channels.ts'

let engineState: EngineState | undefined
let stateWasAskedFor = false
const listeners = new Set<(state: EngineState) => void>()

ipcRenderer.on(HOST_CHANNELS.engineState, (_event, state: EngineState) => {
  // The answer to the first question may tell what a change told before; a listener acts on changes only.
  if (JSON.stringify(state) === JSON.stringify(engineState)) return
  engineState = state
  // A copy, because a listener may subscribe another one, which hears the state at once.
  for (const listener of Array.from(listeners)) {
    try {
      listener(state)
    } catch (error) {
      // A listener of the page that throws must not keep the others from hearing.
      reportError(error)
    }
  }
})

ipcRenderer.on(HOST_CHANNELS.port, (event) => {
  const message: PortMessage = { type: PORT_MESSAGE_TYPE }
  // A port cannot cross the context bridge; a message of the window that both worlds share can carry it.
  window.postMessage(message, window.location.origin, [...event.ports])
})

const host: SwitchyardHost = {
  kind: 'electron',
  platform: process.platform,
  connect() {
    ipcRenderer.send(HOST_CHANNELS.connect)
  },
  onEngineState(listener) {
    if (typeof listener !== 'function') throw new TypeError('onEngineState needs a function.')
    // A wrapper of its own for every subscription, so that the same function can be subscribed twice and removed once.
    const subscription = (state: EngineState): void => listener(state)
    listeners.add(subscription)
    if (engineState !== undefined) subscription(engineState)
    else if (!stateWasAskedFor) {
      stateWasAskedFor = true
      ipcRenderer.send(HOST_CHANNELS.engineStateWanted)
    }
    return () => {
      listeners.delete(subscription)
    }
  },
  restartEngine() {
    ipcRenderer.send(HOST_CHANNELS.restartEngine)
  },
  openWorkspace() {
    ipcRenderer.send(HOST_CHANNELS.openWorkspace)
  },
}

contextBridge.exposeInMainWorld('switchyardHost', Object.freeze(host))
