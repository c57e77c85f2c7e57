import type { OldSource } from '#shared/contract/causes.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { SessionDate } from '#shared/time.ts'
import { findCandidates, symbolOf } from '#main/legacy/find-candidates.ts'
import { findMinute } from '#main/legacy/find-minute.ts'
import type { CandidateFile } from '#main/legacy/import-files.ts'
import type { Engine } from '#main/engine/create-engine.ts'

const CHANGED = 'The file has changed since it was imported.'

/**
 * File and line that an old bar came from; reads the files anew. Of several files the last one by name counts, of several lines
 * the last one; which one it was is left open where a file that may have counted is no longer what was imported.
 */
export async function oldSourceOf(
  engine: Engine,
  { symbol, sessionDate, ts }: { readonly symbol: string; readonly sessionDate: SessionDate; readonly ts: number },
): Promise<OldSource> {
  const { services, stores, folder } = engine
  services.symbolConfig(symbol)
  const imported = stores.legacy.filesOf(symbol, sessionDate)
  const { oldPipeline } = services.config
  if (oldPipeline === undefined || imported.length === 0) {
    throw new SwitchyardError('NOT_FOUND', `The old pipeline has no bars of ${symbol} on ${sessionDate}.`, {
      hint: 'Import what it left: switchyard legacy import.',
    })
  }
  const all = services.config.symbols.map((entry) => entry.symbol)
  const hours = new Map(all.map((name) => [name, services.calendarOf(name).hash]))
  const candidates = new Map(findCandidates(oldPipeline, folder, hours).files.map((file) => [file.file, file]))
  const targetOf = ({ description }: CandidateFile, oldName: string) => {
    const target = symbolOf(description, oldName, all)
    return target === undefined ? undefined : { symbol: target, calendar: services.calendarOf(target) }
  }
  const sources: OldSource['sources'] = []
  for (const { file, sha256, descriptionHash } of imported) {
    const without = (problem: string): void => {
      sources.push({ file, line: null, text: null, isCompared: false, problem })
    }
    const candidate = candidates.get(file)
    if (candidate === undefined) {
      without('The file is no longer there, or switchyard.yaml does not describe it.')
      continue
    }
    if (candidate.descriptionHash !== descriptionHash) {
      without('The file is described otherwise than when it was imported; the next import reads it anew.')
      continue
    }
    const found = await findMinute(candidate, { symbol, ts }, (oldName) => targetOf(candidate, oldName)).catch(
      (thrown: unknown) => {
        if (thrown instanceof SwitchyardError) return thrown
        throw thrown
      },
    )
    if (found instanceof SwitchyardError) {
      without(found.message)
      continue
    }
    const problem = found.sha256 === sha256 ? null : CHANGED
    if (found.rows.length === 0 && problem !== null) without(problem)
    for (const { line, text } of found.rows) sources.push({ file, line, text, isCompared: false, problem })
  }
  // What a file that is gone or has changed had of the minute, nobody knows: if it comes later it may have been what counted.
  const last = sources.findLast(({ line, problem }) => line !== null || problem !== null)
  if (last !== undefined && last.problem === null) last.isCompared = true
  return { symbol, ts, sources }
}
