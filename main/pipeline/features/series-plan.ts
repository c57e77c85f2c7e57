import type { CuratedColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { MinuteVolumes } from './minute-volumes.ts'

/** Everything a kernel may read besides its inputs: the session at hand and what is kept of the sessions before it. */
interface Frame {
  readonly session: Session
  readonly bars: CuratedColumns
  /** Number of bars in the session. Inputs and outputs may be longer; only the first `rows` values count. */
  readonly rows: number
  /** Last close of the previous session as it stands in the bars, NaN when there is no previous session or it has no bars. */
  readonly previousClose: number
  /** One per {@link SeriesPlan.minuteVolumes} request, in that order. */
  readonly minuteVolumes: readonly MinuteVolumes[]
}

/** Computes one series of a session: writes every one of the first `frame.rows` values of `out`. */
export type Kernel = (frame: Frame, inputs: readonly Float64Array[], out: Float64Array) => void

/** A series of the plan, by its position. */
export type SeriesId = number

/** One step of the plan: the series it reads and the kernel that makes the new one. */
interface SeriesStep {
  readonly inputs: readonly SeriesId[]
  readonly kernel: Kernel
}

/**
 * The order of work for one feature set: each series once, after the series it reads. Asking twice for a series with the same
 * key gives the same series, which is how MACD and the EMA columns share their averages.
 */
export class SeriesPlan {
  readonly steps: SeriesStep[] = []
  /** Lengths, in sessions, of the volume windows the kernels ask for. */
  readonly minuteVolumeSessions: number[] = []
  readonly #byKey = new Map<string, SeriesId>()

  /** The series known as `key`, planned now with `makeKernel` unless it already is. A key must name everything the result depends on. */
  series(key: string, inputs: readonly SeriesId[], makeKernel: () => Kernel): SeriesId {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const id = this.steps.push({ inputs, kernel: makeKernel() }) - 1
    this.#byKey.set(key, id)
    return id
  }

  /** Position in `Frame.minuteVolumes` of the volumes of the previous `sessions` sessions. */
  minuteVolumes(sessions: number): number {
    const known = this.minuteVolumeSessions.indexOf(sessions)
    return known >= 0 ? known : this.minuteVolumeSessions.push(sessions) - 1
  }
}
