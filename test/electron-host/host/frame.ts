import type { WebFrameMain } from 'electron'
import { releasePorts } from './message-port.ts'
import type { PortEnd } from './message-port.ts'

type FrameApi = Pick<
  WebFrameMain,
  'frameTreeNodeId' | 'isDestroyed' | 'origin' | 'postMessage' | 'processId' | 'send' | 'url'
>

/** Where a frame's messages go. */
export type FramePost = (channel: string, args: readonly unknown[], ports: readonly PortEnd[]) => void

let lastFrame = 0

/** Electron's WebFrameMain, as far as a main process needs it to judge a sender and to answer it. */
export class HostFrame implements FrameApi {
  readonly frameTreeNodeId = ++lastFrame
  readonly processId = 1
  readonly parent: HostFrame | null
  url: string
  readonly #post: FramePost

  constructor(parent: HostFrame | null, url: string, post: FramePost) {
    this.parent = parent
    this.url = url
    this.#post = post
  }

  get top(): HostFrame {
    return this.parent?.top ?? this
  }

  get origin(): string {
    return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/.exec(this.url)?.[0] ?? 'null'
  }

  isDestroyed(): boolean {
    return false
  }

  send(channel: string, ...args: unknown[]): void {
    this.#post(channel, args, [])
  }

  postMessage(channel: string, message: unknown, transfer: unknown[] = []): void {
    this.#post(channel, [message], releasePorts(transfer))
  }
}
