import { MessageChannelMain, ipcMain } from 'electron'
import type { BrowserWindow, IpcMainEvent, WebFrameMain } from 'electron'
import { HOST_CHANNELS } from '#shared/host-channels.ts'
import type { EngineSupervisor } from './engine-supervisor.ts'
import type { ShellLog } from './shell-log.ts'
import { trustedFrame } from './trusted-frame.ts'

export interface WindowChannelOptions {
  /** The console's window now; undefined while there is none. */
  readonly window: () => BrowserWindow | undefined
  readonly engine: EngineSupervisor
  readonly openWorkspace: () => void
  readonly restartEngine: () => void
  readonly log: ShellLog
}

/** Answers the preload script of the console's window, and nobody else. Must be called once. */
export function serveWindowChannels(options: WindowChannelOptions): void {
  const { engine, log } = options
  const answer = (channel: string, act: (frame: WebFrameMain) => void): void => {
    ipcMain.on(channel, (event: IpcMainEvent) => {
      const frame = trustedFrame(event, options.window())
      if (frame === undefined) {
        log.warn(`"${channel}" from ${event.senderFrame?.url ?? 'a frame that is gone'} was refused.`)
        return
      }
      act(frame)
    })
  }
  answer(HOST_CHANNELS.connect, (frame) => handOverPort(frame, engine))
  answer(HOST_CHANNELS.engineStateWanted, (frame) => frame.send(HOST_CHANNELS.engineState, engine.state))
  answer(HOST_CHANNELS.restartEngine, options.restartEngine)
  answer(HOST_CHANNELS.openWorkspace, options.openWorkspace)
  engine.onState((state) => {
    const window = options.window()
    if (window !== undefined && !window.isDestroyed()) window.webContents.send(HOST_CHANNELS.engineState, state)
  })
}

/**
 * Joins a page and the engine by a channel of their own; the shell keeps no end of it. When the engine is not up nothing is sent:
 * the page hears of every change and asks again.
 */
function handOverPort(frame: WebFrameMain, engine: EngineSupervisor): void {
  const { port1, port2 } = new MessageChannelMain()
  if (engine.connect(port1)) {
    frame.postMessage(HOST_CHANNELS.port, null, [port2])
    return
  }
  port1.close()
  port2.close()
}
