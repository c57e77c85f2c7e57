import type { BuildInputs, ResponseRef } from '#shared/quality/build-inputs.ts'
import type { RawResponse } from '#shared/raw-response.ts'
import { type Baseline, recording } from '#main/pipeline/quality/baseline.ts'
import { SymbolHistory } from '#main/pipeline/quality/symbol-history.ts'
import {
  runTransformTwsBars,
  soundBars,
  type TransformOutput,
} from '#main/pipeline/transform/run-transform-tws-bars.ts'
import { encodeCurated, hashCurated } from '#main/stores/bar-blocks.ts'
import type { CuratedSession } from '#main/stores/curated-store.ts'
import { type LegacyBlock, LegacyStore } from '#main/stores/legacy-store.ts'
import { RawStore } from '#main/stores/raw-store.ts'
import type { Delivery, SessionToCurate, TransformTask } from './compute-task.ts'

const SESSIONS_PER_BATCH = 64

/** Reads the raw responses of one symbol and curates its sessions, batch by batch. */
export function* transformSymbol(task: TransformTask): Generator<Delivery<'transform'>, null> {
  const raw = new RawStore(task.rawFile)
  const legacy = new LegacyStore(task.legacyFile)
  try {
    const responses = new ResponseReader(raw)
    const history = new SymbolHistory(task.config.historySessions)
    let batch: CuratedSession[] = []
    for (const { session: planned, wanted } of task.sessions) {
      const read = responses.read(planned.responses)
      if (!wanted) {
        const { session, window } = planned
        history.add(session, soundBars({ session, ...window, responses: read, config: task.config }))
        continue
      }
      const secondSource = planned.secondSource === null ? undefined : legacy.block(task.symbol, planned.session.date)
      const { curated, output } = curate(task, planned, read, history.baseline(), secondSource)
      if (planned.responses.length > 0) history.add(planned.session, output.sound)
      batch.push(curated)
      if (batch.length === SESSIONS_PER_BATCH) {
        yield deliver(batch)
        batch = []
      }
    }
    if (batch.length > 0) yield deliver(batch)
    return null
  } finally {
    raw.close()
    legacy.close()
  }
}

function deliver(batch: readonly CuratedSession[]): Delivery<'transform'> {
  // All blobs of a block lie in one buffer.
  return { batch, memory: batch.map(({ blobs }) => blobs.ts.buffer as ArrayBuffer) }
}

/** Curates one session and encodes it as it will be stored. */
function curate(
  task: Pick<TransformTask, 'symbol' | 'config' | 'configHash'>,
  planned: SessionToCurate,
  responses: readonly RawResponse[],
  normal: Baseline,
  secondSource: LegacyBlock | undefined,
): { readonly curated: CuratedSession; readonly output: TransformOutput } {
  const { baseline, record } = recording(normal)
  const output = runTransformTwsBars({
    session: planned.session,
    ...planned.window,
    responses,
    config: task.config,
    facts: planned.facts,
    baseline,
    secondSource: secondSource?.bars,
  })
  const blobs = encodeCurated(output.bars)
  const inputs: BuildInputs = {
    session: planned.session,
    window: planned.window,
    responses: planned.responses,
    facts: planned.facts,
    baseline: record(),
    // What was read: an import may have put other bars in place since the session was planned. It is stale then, and its record is true.
    secondSource: secondSource?.contentHash ?? null,
  }
  const curated = {
    symbol: task.symbol,
    session: planned.session,
    window: planned.window,
    count: output.bars.ts.length,
    rawWatermark: planned.responses.at(-1)?.id ?? 0,
    configHash: task.configHash,
    contentHash: hashCurated(blobs),
    ownHash: planned.ownHash,
    historyHash: planned.historyHash,
    blobs,
    findings: output.findings,
    quality: output.quality,
    inputs,
  }
  return { curated, output }
}

/** Keeps the responses of the previous session, because one response usually spans several sessions in a row. */
export class ResponseReader {
  readonly #raw: RawStore
  #kept = new Map<number, RawResponse>()

  constructor(raw: RawStore) {
    this.#raw = raw
  }

  read(refs: readonly ResponseRef[]): RawResponse[] {
    const missing = refs.flatMap(({ id }) => (this.#kept.has(id) ? [] : [id]))
    const fresh = new Map(this.#raw.responses(missing).map((response) => [response.id, response]))
    const responses = refs.map(({ id }) => (this.#kept.get(id) ?? fresh.get(id)) as RawResponse)
    this.#kept = new Map(responses.map((response) => [response.id, response]))
    return responses.map((response, i) => {
      const { price, volume } = refs[i]
      return price === 1 && volume === 1 ? response : { ...response, scale: { price, volume } }
    })
  }
}
