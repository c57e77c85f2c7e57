/** How far a run is beyond the old pipeline's own noise, by the 99th percentiles of a field; undefined where one is not known. */
export function noiseWords(floor: number | null, run: number | null | undefined): string | undefined {
  if (floor === null || run === null || run === undefined) return undefined
  if (run === 0) return 'zero'
  if (floor === 0) return 'above a floor of zero: not noise'
  if (run <= floor) return 'within the old pipeline’s own noise'
  const times = run / floor
  const shown = times >= 100 ? Math.round(times).toLocaleString('en-US') : String(Number(times.toPrecision(2)))
  return `${shown} times the old pipeline’s own noise`
}
