import type { RawResponse } from '#shared/raw-response.ts'
import { runTransformTwsBars } from '#main/pipeline/transform/run-transform-tws-bars.ts'
import { encodeCurated, hashCurated } from '#main/stores/bar-blocks.ts'
import type { CuratedSession } from '#main/stores/curated-store.ts'
import { RawStore } from '#main/stores/raw-store.ts'
import type { Delivery, SessionToCurate, TransformTask } from './compute-task.ts'

const SESSIONS_PER_BATCH = 64

/** Reads the raw responses of one symbol and curates its sessions, batch by batch. */
export function* transformSymbol(task: TransformTask): Generator<Delivery<'transform'>, null> {
  const raw = new RawStore(task.rawFile)
  try {
    const responses = new ResponseReader(raw)
    let batch: CuratedSession[] = []
    for (const wanted of task.sessions) {
      batch.push(curate(task, wanted, responses.read(wanted.responseIds)))
      if (batch.length === SESSIONS_PER_BATCH) {
        yield deliver(batch)
        batch = []
      }
    }
    if (batch.length > 0) yield deliver(batch)
    return null
  } finally {
    raw.close()
  }
}

function deliver(batch: readonly CuratedSession[]): Delivery<'transform'> {
  // All blobs of a block lie in one buffer.
  return { batch, memory: batch.map(({ blobs }) => blobs.ts.buffer as ArrayBuffer) }
}

/** Curates one session and encodes it as it will be stored. */
export function curate(
  task: Pick<TransformTask, 'symbol' | 'config' | 'configHash'>,
  wanted: SessionToCurate,
  responses: readonly RawResponse[],
): CuratedSession {
  const { bars, findings, quality } = runTransformTwsBars({
    session: wanted.session,
    ...wanted.window,
    responses,
    config: task.config,
  })
  const blobs = encodeCurated(bars)
  return {
    symbol: task.symbol,
    session: wanted.session,
    window: wanted.window,
    count: bars.ts.length,
    rawWatermark: wanted.responseIds.at(-1) ?? 0,
    configHash: task.configHash,
    contentHash: hashCurated(blobs),
    blobs,
    findings,
    quality,
  }
}

/** Keeps the responses of the previous session, because one response usually spans several sessions in a row. */
export class ResponseReader {
  readonly #raw: RawStore
  #kept = new Map<number, RawResponse>()

  constructor(raw: RawStore) {
    this.#raw = raw
  }

  read(ids: readonly number[]): RawResponse[] {
    const missing = ids.filter((id) => !this.#kept.has(id))
    const fresh = new Map(this.#raw.responses(missing).map((response) => [response.id, response]))
    const responses = ids.map((id) => (this.#kept.get(id) ?? fresh.get(id)) as RawResponse)
    this.#kept = new Map(responses.map((response) => [response.id, response]))
    return responses
  }
}
