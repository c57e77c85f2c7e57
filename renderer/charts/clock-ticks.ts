/**
 * Full steps of the clock inside the span, epoch seconds; zones are offset from UTC by whole quarters of an hour at least.
 *
 * @param stepSeconds that divides an hour, or half an hour.
 */
export function clockTicks([fromTs, toTs]: readonly [number, number], stepSeconds: number): number[] {
  const ticks: number[] = []
  for (let ts = Math.ceil(fromTs / stepSeconds) * stepSeconds; ts <= toTs; ts += stepSeconds) ticks.push(ts)
  return ticks
}
