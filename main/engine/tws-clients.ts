import type { DailyRestartConfig, TwsConfig } from '#shared/config/tws-config.ts'
import type { Connection, ConnectionEntry } from '#shared/contract/connection.ts'
import { addDays, zonedToEpochSeconds, zoneOffsetSeconds } from '#shared/time.ts'
import type { OpenLink } from '#main/tws/link/worker-link.ts'
import { pacingLimits } from '#main/tws/pacing/pacing-limits.ts'
import { TwsClient } from '#main/tws/tws-client.ts'
import type { Log } from './log.ts'

export interface TwsClientsOptions {
  readonly config: TwsConfig
  readonly openLink: OpenLink
  readonly nowMs: () => number
  readonly log: Log
  /** Stores an entry of the connection's log. */
  readonly keepEntry: (entry: Omit<ConnectionEntry, 'id'>) => void
}

/** Makes clients as the configuration says, for the configured address or another one. */
export function twsClients({
  config,
  openLink,
  nowMs,
  log,
  keepEntry,
}: TwsClientsOptions): (
  address: { readonly host: string; readonly port: number },
  onChange?: (connection: Connection) => void,
) => TwsClient {
  const { dailyRestart } = config
  return ({ host, port }, onChange) =>
    new TwsClient({
      settings: {
        host,
        port,
        clientId: config.clientId,
        clientIdAttempts: config.clientIdAttempts,
        connectTimeoutMs: config.connectTimeoutMs,
        reconnect: config.reconnect,
        heartbeat: config.heartbeat,
        patience: config.patience,
        ...(dailyRestart === undefined ? {} : { restartEndsAt: (atMs: number) => restartEndsAt(dailyRestart, atMs) }),
      },
      pacing: pacingLimits(config.pacing),
      requestTimeoutMs: config.requestTimeoutMs,
      openLink,
      nowMs,
      ...(onChange === undefined ? {} : { onChange }),
      onEntry: (entry) => {
        log.info({ ...entry, place: `${host}:${port}` }, 'TWS connection')
        try {
          keepEntry(entry)
        } catch (thrown) {
          // A full disk must not end the connection; the line above is kept where there is room for it.
          log.error({ thrown }, 'an entry of the connection log could not be stored')
        }
      },
    })
}

/** When the daily restart ends that `nowMs` lies in; undefined outside one. Milliseconds since the epoch. */
export function restartEndsAt({ time, zone, minutes }: DailyRestartConfig, nowMs: number): number | undefined {
  const nowTs = nowMs / 1000
  const today = new Date((nowTs + zoneOffsetSeconds(zone, nowTs)) * 1000).toISOString().slice(0, 10)
  // One that begins before midnight may end after it.
  for (const date of [today, addDays(today, -1)]) {
    const startMs = zonedToEpochSeconds(zone, date, `${time}:00`) * 1000
    const endMs = startMs + minutes * 60_000
    if (nowMs >= startMs && nowMs < endMs) return endMs
  }
  return undefined
}
