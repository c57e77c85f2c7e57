import { stat } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type {
  ImportedSession,
  ImportOutcome,
  RejectedRow,
  SymbolChange,
  WritableLegacyStore,
} from '#main/stores/legacy-store.ts'
import { BarEvidence } from './bar-evidence.ts'
import { FileRows, type SymbolTarget, withExtraFields } from './file-rows.ts'
import { hashFile } from './hash-file.ts'
import { formatOf, type OldFile, type ReadFile, readOldFile } from './read-old-file.ts'
import { sqliteFiles } from './read-sqlite.ts'
import { rowDoubts } from './row-doubts.ts'
import { ROW, RowGatherer } from './session-rows.ts'
import { textDecoder } from './text-lines.ts'

/** A file that may have to be imported. */
export interface CandidateFile extends OldFile {
  /** Name under which it is known from one import to the next. */
  readonly file: string
  /** The workspace's symbol that its path says; null when its rows say theirs. */
  readonly symbol: string | null
  readonly descriptionHash: string
}

export interface FileReport extends ImportOutcome {
  readonly file: string
  readonly symbol: string | null
}

export interface ImportFilesOptions {
  readonly store: WritableLegacyStore
  readonly scratchFile: string
  readonly targetOf: (file: CandidateFile, oldName: string) => SymbolTarget | undefined
  readonly calendarOf: (symbol: string) => TradingCalendar
  readonly nowMs: () => number
  readonly signal: AbortSignal
  /** Called with the share of `file` that was read, and in the end with that of all rows that was stored. */
  readonly progress: (file: string, read: number, stored: number) => void
}

/** For so long nothing else can happen in this thread while rows are stored. */
const HOLD_MS = 10

/** Refused rows that are kept in memory before they go to the store. */
const REJECTS_AT_ONCE = 5_000
/** A file that changed so shortly before it was looked at can change again without its times showing it. */
const RACY_MS = 2_000
const MOST_NAMES = 12

/** What stands in the store already, by the file's size and times, or by its content. */
export async function isUnchanged(
  candidate: CandidateFile,
  store: WritableLegacyStore,
  signal?: AbortSignal,
): Promise<boolean> {
  const known = store.importedFile(candidate.file)
  if (known === undefined || known.descriptionHash !== candidate.descriptionHash) return false
  // An import that was interrupted may have replaced some of its blocks.
  if (store.importIds(candidate.file).length > 1) return false
  const stamp = await stampOf(candidate, 0)
  if (stamp !== null && stamp === known.stamp) return true
  return (await hashFile(partsOf(candidate), signal)).sha256 === known.sha256
}

/**
 * Reads files of which each symbol's blocks are replaced together. Until the first symbol is stored nothing has changed, and it
 * can be cancelled; what then follows is not held up any more, so that a file is not left half stored.
 *
 * @param options.store used by nobody else meanwhile.
 */
export async function importFiles(
  candidates: readonly CandidateFile[],
  /** Files that are no longer there. */
  vanished: readonly string[],
  options: ImportFilesOptions,
): Promise<{ readonly reports: readonly FileReport[]; readonly sessions: number }> {
  const { store, nowMs } = options
  const gatherer = new RowGatherer(options.scratchFile)
  try {
    const read: ReadImport[] = []
    for (const candidate of candidates) read.push(await readOne(candidate, gatherer, options))
    options.signal.throwIfAborted()
    const gone = vanished.flatMap((file) => store.importIds(file))
    const own = new Set(read.map(({ importId }) => importId))
    const before = candidates.flatMap(({ file }) => store.importIds(file)).filter((id) => !own.has(id))
    const replaced = [...before, ...gone]
    const symbols = new Set([
      ...store.symbolsOf(replaced),
      ...read.flatMap(({ rows }) => [...rows.featureNames.keys()]),
    ])
    // Also files of which no row is left have to be noted.
    const order = symbols.size === 0 ? [''] : [...symbols].sort()
    const rowsRead = read.reduce((sum, { rows }) => sum + rows.rows, 0)
    let rowsStored = 0
    let sessions = 0
    let heldSince = performance.now()
    const { file: lastFile } = candidates.at(-1) ?? { file: '' }
    for (const [i, symbol] of order.entries()) {
      const isLast = i === order.length - 1
      function* taken(): Generator<ImportedSession> {
        for (const one of read) {
          for (const session of sessionsOf(one, symbol, gatherer, options)) {
            sessions++
            rowsStored += session.bars.ts.length + session.duplicates.length
            yield session
          }
        }
      }
      const pause = (): Promise<void> | undefined => {
        if (performance.now() - heldSince < HOLD_MS) return undefined
        options.progress(lastFile, 1, Math.min(1, rowsStored / Math.max(1, rowsRead)))
        return setImmediate().then(() => {
          heldSince = performance.now()
          if (i === 0) options.signal.throwIfAborted()
        })
      }
      const change: SymbolChange = {
        symbol,
        replaced,
        sessions: symbol === '' ? [] : taken(),
        completed: () => (isLast ? read.map((one) => ({ importId: one.importId, outcome: outcomeOf(one) })) : []),
        retired: isLast ? replaced : [],
        nowMs: nowMs(),
      }
      await store.apply(change, pause)
    }
    const reports = read.map((one) => ({ file: one.candidate.file, symbol: one.candidate.symbol, ...outcomeOf(one) }))
    return { reports, sessions }
  } finally {
    gatherer.close()
  }
}

interface ReadImport {
  readonly candidate: CandidateFile
  readonly importId: number
  readonly rows: FileRows
  readonly file: ReadFile
  readonly stamp: string | null
  readonly evidence: BarEvidence
  kept: number
  duplicates: number
  firstTs: number | null
  lastTs: number | null
}

async function readOne(
  candidate: CandidateFile,
  gatherer: RowGatherer,
  { store, targetOf, nowMs, signal, progress }: ImportFilesOptions,
): Promise<ReadImport> {
  const { path, key, description } = candidate
  const importId = store.begin(candidate, nowMs())
  const rejects: RejectedRow[] = []
  const keep = (): void => store.addRejects(importId, rejects.splice(0))
  const rows = new FileRows({
    path,
    key,
    description,
    importId,
    gatherer,
    targetOf: (oldName) => targetOf(candidate, oldName),
    reject: (line, reason, text) => {
      rejects.push({ line, reason, text })
      if (rejects.length >= REJECTS_AT_ONCE) keep()
    },
    decode: (description.format ?? formatOf(path)) === 'csv' ? textDecoder(description.encoding) : (raw) => raw,
  })
  const stamp = await stampOf(candidate, RACY_MS)
  const file = await readOldFile(candidate, rows, {
    signal,
    progress: (fraction) => progress(candidate.file, fraction, 0),
  })
  keep()
  // What changed under the reading has to be looked at again.
  const isSame = stamp !== null && (await stampOf(candidate, RACY_MS)) === stamp
  return {
    candidate,
    importId,
    rows,
    file,
    stamp: isSame ? stamp : null,
    evidence: new BarEvidence(),
    kept: 0,
    duplicates: 0,
    firstTs: null,
    lastTs: null,
  }
}

function* sessionsOf(
  read: ReadImport,
  symbol: string,
  gatherer: RowGatherer,
  { calendarOf }: ImportFilesOptions,
): Generator<ImportedSession> {
  const names = read.rows.featureNames.get(symbol)
  if (names === undefined) return
  const calendar = calendarOf(symbol)
  for (const { sessionDate, bars, features, superseded } of gatherer.take(
    read.importId,
    symbol,
    ROW.features + names.length,
  )) {
    const session = calendar.session(sessionDate)
    if (session !== null) read.evidence.add(session, bars)
    read.kept += bars.ts.length
    read.duplicates += superseded.length
    read.firstTs = Math.min(read.firstTs ?? Infinity, bars.ts[0])
    read.lastTs = Math.max(read.lastTs ?? -Infinity, bars.ts[bars.ts.length - 1])
    yield {
      importId: read.importId,
      sessionDate,
      ...withExtraFields(bars, names, features, read.candidate.description.priceScale),
      duplicates: superseded,
    }
  }
}

function outcomeOf(read: ReadImport): ImportOutcome {
  const { rows, file, candidate } = read
  const others = [...rows.otherSymbols]
  const otherSymbols = others.reduce((sum, [, count]) => sum + count, 0)
  const { description } = candidate
  const doubts = [...file.doubts, ...read.evidence.doubts(description.label, description.zone)]
  if (otherSymbols > 0) {
    const names = others.slice(0, MOST_NAMES).map(([name]) => name)
    doubts.push(
      `${otherSymbols} rows are of ${others.length} symbols that this workspace does not have: ${names.join(', ')}${others.length > names.length ? ', …' : ''}`,
    )
  }
  doubts.push(...rowDoubts(rows, description))
  if (read.kept === 0) doubts.push('not one row could be used')
  return {
    sha256: file.sha256,
    bytes: file.bytes,
    stamp: read.stamp,
    rowsInFile: rows.rows,
    rows: read.kept,
    rejected: rows.rejected,
    duplicates: read.duplicates,
    blank: file.blank,
    otherSymbols,
    clockChanges: rows.clockChanges,
    firstTs: read.firstTs,
    lastTs: read.lastTs,
    doubts,
  }
}

function partsOf({ path, description }: CandidateFile): readonly string[] {
  return (description.format ?? formatOf(path)) === 'sqlite' ? sqliteFiles(path) : [path]
}

/** Size, times and numbers of a file's parts; null when it changed less than `racyMs` ago. Throws LEGACY_FILE. */
async function stampOf(candidate: CandidateFile, racyMs: number): Promise<string | null> {
  try {
    const parts = await Promise.all(partsOf(candidate).map((part) => stat(part, { bigint: true })))
    const newest = parts.reduce((most, { mtimeMs, ctimeMs }) => Math.max(most, Number(mtimeMs), Number(ctimeMs)), 0)
    // By the clock that made the file's times, not by that of the engine.
    if (racyMs > 0 && Date.now() - newest < racyMs) return null
    return parts.map(({ size, mtimeNs, ctimeNs, ino }) => [size, mtimeNs, ctimeNs, ino].join(':')).join(' ')
  } catch (thrown) {
    throw new SwitchyardError(
      'LEGACY_FILE',
      `${candidate.path} cannot be read (${thrown instanceof Error ? thrown.message : String(thrown)}).`,
      { hint: `Check ${candidate.key}.files in switchyard.yaml and the rights on the file.`, cause: thrown },
    )
  }
}
