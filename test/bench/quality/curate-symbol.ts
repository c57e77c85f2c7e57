import type { RawResponse } from '#shared/raw-response.ts'
import { recording } from '#main/pipeline/quality/baseline.ts'
import { SymbolHistory } from '#main/pipeline/quality/symbol-history.ts'
import type { CurationConfig } from '#main/pipeline/transform/curation-config.ts'
import { runTransformTwsBars } from '#main/pipeline/transform/run-transform-tws-bars.ts'
import { encodeCurated, hashCurated } from '#main/stores/bar-blocks.ts'
import { RawStore } from '#main/stores/raw-store.ts'
import type { CuratedBlock } from './block-file.ts'
import type { SymbolPlan } from './quality-files.ts'

const SESSIONS_PER_BATCH = 64

export interface CurateTask {
  readonly rawFile: string
  readonly plan: SymbolPlan
  readonly config: CurationConfig
}

/** Reads the responses of one symbol and curates its sessions in order, each measured by those before it. */
export function* curateSymbol({ rawFile, plan, config }: CurateTask): Generator<readonly CuratedBlock[]> {
  const { symbol, sessions, scales } = plan
  const raw = new RawStore(rawFile)
  try {
    const spans = raw.responseSpans(symbol, '1 min', 'TRADES')
    const history = new SymbolHistory(config.historySessions)
    // One response spans several sessions in a row.
    let kept = new Map<number, RawResponse>()
    let batch: CuratedBlock[] = []
    for (const { session, fromTs, toTs, facts } of sessions) {
      const ids = spans.filter(({ firstTs, lastTs }) => firstTs < toTs && lastTs >= fromTs).map(({ id }) => id)
      const fresh = raw.responses(ids.filter((id) => !kept.has(id)))
      const responses = [...ids.flatMap((id) => kept.get(id) ?? []), ...fresh.map((one) => withScale(one, scales))]
      kept = new Map(responses.map((response) => [response.id, response]))
      const { baseline, record } = recording(history.baseline())
      const output = runTransformTwsBars({ session, fromTs, toTs, responses, config, facts, baseline })
      // The engine counts a received session without a sound bar as one of the history; SQL windows over bars know of none.
      if (output.sound.ts.length > 0) history.add(session, output.sound)
      const blobs = encodeCurated(output.bars)
      batch.push({
        symbol,
        sessionDate: session.date,
        count: output.bars.ts.length,
        contentHash: hashCurated(blobs),
        blobs,
        findings: output.findings,
        quality: output.quality,
        baseline: record(),
      })
      if (batch.length === SESSIONS_PER_BATCH) {
        yield batch
        batch = []
      }
    }
    if (batch.length > 0) yield batch
  } finally {
    raw.close()
  }
}

function withScale(response: RawResponse, scales: SymbolPlan['scales']): RawResponse {
  const scale = scales[response.id]
  return scale === undefined ? response : { ...response, scale }
}
