import type { Connection } from '#shared/contract/connection.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { step } from '#main/tws/connection/connection-machine.ts'
import {
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionSettings,
  type ConnectionStatus,
  initialStatus,
  maySend,
  nextDueMs,
  toConnection,
} from '#main/tws/connection/connection-status.ts'

/** Settings whose times are easy to tell apart; the clock of a drive starts at 0. */
export const SETTINGS: ConnectionSettings = {
  host: '127.0.0.1',
  port: 7497,
  clientId: 17,
  clientIdAttempts: 3,
  connectTimeoutMs: 10_000,
  reconnect: { initialDelayMs: 1_000, maxDelayMs: 60_000, stableAfterMs: 60_000, giveUpAfterMs: 3_600_000 },
  heartbeat: { intervalMs: 15_000, timeoutMs: 5_000 },
  patience: { competingSessionMs: 60_000, brokenFarmMs: 300_000, brokenLinkMs: 60_000 },
}

type WithoutGeneration<E> = E extends { readonly generation: number } ? Omit<E, 'generation'> : E

/** An event of the link that counts, or one that belongs to no link. */
type DrivenEvent = WithoutGeneration<ConnectionEvent>

type OpenEffect = Extract<ConnectionEffect, { kind: 'open' }>

/**
 * A state machine on a virtual clock. Time only passes in `until`, which ticks whenever the machine says that something is due, and
 * looks after every step that there is never more than one link.
 */
export class Drive {
  readonly settings: ConnectionSettings
  readonly opens: { readonly atMs: number; readonly open: OpenEffect }[] = []
  /** Links that were opened and are not gone yet, by generation. */
  readonly links = new Set<number>()
  /** Links that the machine has asked to close. */
  readonly closing = new Set<number>()
  nowMs = 0
  random = 1
  status: ConnectionStatus
  /** Effects of the last step. */
  effects: readonly ConnectionEffect[] = []

  constructor(change: Partial<ConnectionSettings> = {}) {
    this.settings = { ...SETTINGS, ...change }
    this.status = initialStatus(this.settings, 0)
  }

  /** Hands over an event as one of the link that counts; returns the kinds of the effects. */
  send(event: DrivenEvent): string[] {
    return this.sendAs({ generation: this.status.generation, ...event } as ConnectionEvent)
  }

  /** Hands over an event as it is. */
  sendAs(event: ConnectionEvent): string[] {
    if (event.kind === 'closed') {
      this.links.delete(event.generation)
      this.closing.delete(event.generation)
    }
    const { status, effects } = step(this.status, event, this.settings, this.nowMs, this.random)
    this.status = status
    this.effects = effects
    for (const effect of effects) this.#note(effect)
    return effects.map(({ kind }) => kind)
  }

  /** The peer accepts the socket and finishes the handshake. */
  handshake(): this {
    this.send({ kind: 'opened' })
    this.send({ kind: 'version', serverVersion: 178 })
    this.send({ kind: 'accounts', accounts: ['DU1'] })
    this.send({ kind: 'started' })
    return this
  }

  /** Connects and becomes ready. */
  ready(): this {
    this.send({ kind: 'connect', persistent: false })
    return this.handshake()
  }

  /** The link breaks and is gone at once. */
  lose(message = 'gone'): string[] {
    const kinds = this.send({ kind: 'broken', error: new SwitchyardError('TWS_DISCONNECTED', message) })
    this.send({ kind: 'closed' })
    return kinds
  }

  /** Lets time pass until the next attempt is made. */
  retry(): this {
    const { retryAtMs } = this.status
    if (retryAtMs === undefined) throw new Error('no attempt is to be made')
    this.until(retryAtMs)
    return this
  }

  /** Lets time pass; whatever is due on the way is done. Returns the kinds of the effects. */
  until(atMs: number): string[] {
    const kinds: string[] = []
    for (let ticks = 0; ; ticks++) {
      if (ticks > 10_000) throw new Error(`something is always due at ${this.nowMs}`)
      const dueMs = nextDueMs(this.status, this.settings, this.nowMs)
      if (dueMs === undefined || dueMs > atMs) break
      this.nowMs = Math.max(this.nowMs, dueMs)
      const before = this.status
      kinds.push(...this.send({ kind: 'tick' }))
      if (this.status === before && nextDueMs(this.status, this.settings, this.nowMs) === dueMs) this.nowMs++
    }
    this.nowMs = Math.max(this.nowMs, atMs)
    return kinds
  }

  get maySend(): boolean {
    return maySend(this.status, this.settings, this.nowMs)
  }

  get shown(): Connection {
    return toConnection(this.status, this.settings, this.nowMs)
  }

  /** The error that an effect of the last step carries. */
  errorOf(kind: 'failOpen' | 'failWaiting'): SwitchyardError {
    for (const effect of this.effects) if (effect.kind === kind) return effect.error
    throw new Error(`the last step has no effect ${kind}`)
  }

  #note(effect: ConnectionEffect): void {
    if (effect.kind === 'open') {
      if (this.links.size > 0) throw new Error(`link ${effect.generation} is opened beside ${[...this.links].join()}`)
      this.links.add(effect.generation)
      this.opens.push({ atMs: this.nowMs, open: effect })
    }
    if (effect.kind === 'close') {
      if (!this.links.has(effect.generation)) throw new Error(`link ${effect.generation} is closed and not open`)
      this.closing.add(effect.generation)
    }
  }
}
