import { EventEmitter } from 'node:events'
import type { IpcMainEvent } from 'electron'
import type { HostFrame } from './frame.ts'
import { hostEvent } from './host-event.ts'

/** The members of an IPC event that this host fills, checked by name against Electron's. */
type EventMembers = Record<
  keyof Pick<IpcMainEvent, 'frameId' | 'ports' | 'processId' | 'reply' | 'sender' | 'senderFrame' | 'type'>,
  unknown
>

/** Electron's ipcMain for one-way messages. */
export class HostIpcMain extends EventEmitter {
  /** Delivers what a frame of `sender` sent; a null frame is gone. */
  deliver(sender: object, senderFrame: HostFrame | null, channel: string, args: readonly unknown[]): void {
    const members: EventMembers = {
      type: 'frame',
      sender,
      senderFrame,
      frameId: senderFrame?.frameTreeNodeId ?? 0,
      processId: senderFrame?.processId ?? 0,
      ports: [],
      reply: (replyChannel: string, ...replyArgs: unknown[]) => senderFrame?.send(replyChannel, ...replyArgs),
    }
    this.emit(channel, hostEvent(members), ...args)
  }
}

export const ipcMain = new HostIpcMain()
