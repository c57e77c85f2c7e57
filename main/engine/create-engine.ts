import { join, resolve } from 'node:path'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { withSessionOverrides } from '#shared/calendar/session-overrides.ts'
import { type Clock, systemClock } from '#main/tws/clock.ts'
import type { SymbolConfig, WorkspaceConfig } from '#shared/config/workspace-config.ts'
import type { DescriptionChange, PlannedChange } from '#shared/contract/old-data.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { hoursGroupOf } from '#main/jobs/hours-group.ts'
import { ComputePool } from '#main/jobs/compute-pool.ts'
import { JobRunner } from '#main/jobs/job-runner.ts'
import type { JobServices } from '#main/jobs/job-services.ts'
import type { HoursDecision } from '#main/stores/ops-store.ts'
import { closeStores, openStores, type Stores } from '#main/stores/stores.ts'
import { workerEnvironment } from '#main/jobs/worker-environment.ts'
import { ActivityBoard } from '#main/tws/ingest/ingest-activity.ts'
import { workerLinks } from '#main/tws/link/worker-link.ts'
import { LiveBoard } from '#main/tws/live/live-board.ts'
import type { TwsClient } from '#main/tws/tws-client.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { SOURCE_DATA_FOLDER } from './data-folder.ts'
import { EventBus } from './event-bus.ts'
import { loadCalendar } from './load-calendar.ts'
import { loadFeatureSet } from './load-feature-set.ts'
import { createLog, type Log } from './log.ts'
import { planDescriptionChange, saveDescriptionChange } from './change-descriptions.ts'
import { RunningConfig } from './running-config.ts'
import { twsClients } from './tws-clients.ts'
import { CONFIG_FILE, ensureFolders, lockWorkspace, readConfig } from './workspace.ts'

export const VERSION = packageJson.version

export interface EngineOptions {
  /** Folder with `switchyard.yaml`. */
  readonly workspace: string
  /** The system's when left out. */
  readonly clock?: Clock
  /** Folder with the built-in calendars and feature sets; the one beside the source when left out. */
  readonly dataFolder?: string
  /** Entry file of the worker threads; the source when left out. A bundle names its own. */
  readonly computeWorker?: URL
  /** Entry file of the threads that hold a socket to TWS; the source when left out. */
  readonly linkWorker?: URL
  readonly log?: Log
}

/** A running engine: one workspace with its stores, its queue of jobs and its connection to TWS. */
export interface Engine {
  readonly folder: string
  readonly config: WorkspaceConfig
  readonly configFile: string
  readonly configHash: string
  readonly stores: Stores
  readonly jobs: JobRunner
  readonly tws: TwsClient
  readonly events: EventBus
  readonly services: JobServices
  readonly log: Log
  /**
   * Takes up what switchyard.yaml says of the old pipeline by now; anything else in it holds after the next start. Throws
   * CONFIG_INVALID, and what is in use stays in use.
   */
  takeUpOldPipeline(): void
  /** What a change of the old pipeline's descriptions would do to switchyard.yaml. */
  planDescriptionChange(change: DescriptionChange): PlannedChange
  /** Makes the change and takes it up. `fileHash` is that of the plan; throws CONFIG_CHANGED when the file has changed since. */
  saveDescriptionChange(change: DescriptionChange, fileHash: string): PlannedChange
  /** Interrupts running jobs (they go on after the next start), closes the connection and the stores. */
  close(): Promise<void>
}

/**
 * The composition root: opens a workspace, takes up interrupted jobs and is ready for calls. It knows no screen.
 *
 * @throws {SwitchyardError} WORKSPACE_NOT_FOUND, CONFIG_INVALID, UNKNOWN_CALENDAR, WORKSPACE_LOCKED, or the errors of opening a
 *   store; nothing stays open then.
 */
export function createEngine(options: EngineOptions): Engine {
  const folder = resolve(options.workspace)
  const dataFolder = options.dataFolder ?? SOURCE_DATA_FOLDER
  const config = readConfig(folder)
  const calendars = loadCalendars(config, [join(folder, 'calendars'), join(dataFolder, 'calendars')])
  const featureFolders = [join(folder, 'features'), join(dataFolder, 'features')]
  for (const set of config.features.sets) loadFeatureSet(set, featureFolders)
  ensureFolders(folder)

  const lock = lockWorkspace(folder)
  let stores: Stores | undefined
  try {
    stores = openStores(join(folder, 'store'))
    return assemble({ options, folder, config, calendars, featureFolders, stores, lock })
  } catch (thrown) {
    if (stores !== undefined) closeStores(stores)
    lock.release()
    throw thrown
  }
}

interface Parts {
  readonly options: EngineOptions
  readonly folder: string
  readonly config: WorkspaceConfig
  readonly calendars: ReadonlyMap<string, TradingCalendar>
  readonly featureFolders: readonly string[]
  readonly stores: Stores
  readonly lock: { release(): void }
}

/** Puts the parts together and begins to work. */
function assemble({ options, folder, config, calendars, featureFolders, stores, lock }: Parts): Engine {
  const running = new RunningConfig(folder, config)
  const clock = options.clock ?? systemClock
  const nowMs = (): number => clock.nowMs()
  const log = options.log ?? createLog(folder)
  stores.raw.abandonOpenRequests(nowMs())

  const events = new EventBus((thrown) => log.error({ thrown }, 'a listener failed'))
  const pool = new ComputePool(options.computeWorker ?? new URL('../jobs/compute-worker.ts', import.meta.url))
  const activity = new ActivityBoard(nowMs, () => events.publish({ kind: 'ingest' }))
  const live = new LiveBoard(() => events.publish({ kind: 'live' }))
  const linkScript = options.linkWorker ?? new URL('../tws/link/link-worker.ts', import.meta.url)
  const clientFor = twsClients({
    config: config.tws,
    openLink: workerLinks({ script: linkScript, env: workerEnvironment(linkScript) }),
    nowMs,
    log,
    keepEntry: (entry) => {
      stores.ops.appendConnectionEntry(entry)
      events.publish({ kind: 'connection-log' })
    },
  })
  const symbols = new Map(config.symbols.map((entry) => [entry.symbol, entry]))
  const symbolConfig = (symbol: string): SymbolConfig => {
    const entry = symbols.get(symbol)
    if (entry === undefined) {
      throw new SwitchyardError('UNKNOWN_SYMBOL', `${symbol} is not a symbol of this workspace.`, {
        hint: `Its symbols are ${[...symbols.keys()].join(', ')}. Add others to ${CONFIG_FILE}.`,
      })
    }
    return entry
  }
  const tws = clientFor(config.tws, (connection) => events.publish({ kind: 'connection', connection }))
  const services: JobServices = {
    version: VERSION,
    folder,
    get config() {
      return running.config
    },
    get configHash() {
      return running.hash
    },
    stores,
    pool,
    clock,
    nowMs,
    ...sessionHours({ config, calendars, symbolConfig, stores }),
    featureSet: (name) => loadFeatureSet(name, featureFolders),
    twsClient: tws,
    openTwsClient: (address) => clientFor(address),
    activity,
    live,
    publish: (event) => events.publish(event),
    symbolConfig,
  }
  const jobs = new JobRunner({ services, log })
  jobs.start()
  log.info({ folder, version: VERSION }, 'engine started')

  const takeUpOldPipeline = (): void => {
    if (running.takeUpOldPipeline()) events.publish({ kind: 'config' })
  }
  return {
    folder,
    get config() {
      return running.config
    },
    configFile: join(folder, CONFIG_FILE),
    get configHash() {
      return running.hash
    },
    stores,
    jobs,
    tws,
    events,
    services,
    log,
    takeUpOldPipeline,
    planDescriptionChange: (change) => planDescriptionChange(folder, running, change),
    saveDescriptionChange: (change, fileHash) => {
      const saved = saveDescriptionChange(folder, running, change, fileHash)
      log.info({ key: saved.key, change: change.kind }, 'the description of the old pipeline was changed')
      takeUpOldPipeline()
      return saved
    },
    close: async () => {
      await jobs.shutDown()
      await tws.stop()
      activity.close()
      live.close()
      await pool.close()
      closeStores(stores)
      lock.release()
      log.info({}, 'engine closed')
    },
  }
}

/** Calendars with what the operator decided where the broker's schedule differs from them. */
function sessionHours({
  config,
  calendars,
  symbolConfig,
  stores,
}: Pick<Parts, 'config' | 'calendars' | 'stores'> & {
  readonly symbolConfig: (symbol: string) => SymbolConfig
}): Pick<JobServices, 'calendarOf' | 'calendarWithoutDecisions' | 'calendarWith' | 'brokerHoursOf' | 'reloadHours'> {
  const decided = new Map<string, TradingCalendar>()
  const plainCalendar = (entry: SymbolConfig): TradingCalendar => calendars.get(entry.calendar) as TradingCalendar
  const follow = (entry: SymbolConfig, decisions: readonly HoursDecision[]): TradingCalendar => {
    const group = hoursGroupOf(entry)
    const overrides = decisions
      .filter(({ hoursGroup, holds }) => hoursGroup === group && holds === 'broker')
      .map(({ sessionDate, openTs, closeTs }) => ({
        date: sessionDate,
        hours: openTs === null || closeTs === null ? ('closed' as const) : { openTs, closeTs },
      }))
    return withSessionOverrides(plainCalendar(entry), overrides)
  }
  return {
    calendarOf: (symbol) => {
      const entry = symbolConfig(symbol)
      const group = hoursGroupOf(entry)
      let calendar = decided.get(group)
      if (calendar === undefined) {
        calendar = follow(entry, stores.ops.hoursDecisions())
        decided.set(group, calendar)
      }
      return calendar
    },
    calendarWithoutDecisions: (symbol) => plainCalendar(symbolConfig(symbol)),
    calendarWith: (symbol, decision) => {
      const others = stores.ops
        .hoursDecisions()
        .filter(
          ({ hoursGroup, sessionDate }) => hoursGroup !== decision.hoursGroup || sessionDate !== decision.sessionDate,
        )
      return follow(symbolConfig(symbol), [...others, decision])
    },
    brokerHoursOf: (symbol) => {
      const group = hoursGroupOf(symbolConfig(symbol))
      const sharing = config.symbols.filter((entry) => hoursGroupOf(entry) === group).map((entry) => entry.symbol)
      // The broker's schedule is asked for regular hours, whatever the bars are.
      return stores.raw.fetches.brokerHoursOf(sharing, true)
    },
    reloadHours: () => decided.clear(),
  }
}

function loadCalendars(config: WorkspaceConfig, folders: readonly string[]): ReadonlyMap<string, TradingCalendar> {
  const ids = new Set(config.symbols.map(({ calendar }) => calendar))
  return new Map([...ids].map((id) => [id, loadCalendar(id, folders)]))
}
