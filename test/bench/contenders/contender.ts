/** Times a piece of work under a name. */
export type Phase = <T>(name: PhaseName, work: () => T | Promise<T>) => Promise<T>

export const PHASES = ['open', 'transform', 'features', 'close'] as const
export type PhaseName = (typeof PHASES)[number]

/** One way to do the work. */
export interface Contender {
  /** Lays out what the work starts from in `outputFolder`; not timed. */
  readonly prepare: (datasetFolder: string, outputFolder: string) => void
  /** Does the work; everything that counts runs inside a phase. */
  readonly run: (datasetFolder: string, outputFolder: string, phase: Phase) => Promise<void>
  /** Files below `outputFolder` that hold the results. */
  readonly outputs: readonly string[]
}
