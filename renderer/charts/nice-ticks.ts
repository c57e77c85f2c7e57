/** Round values inside the reach, about as many as asked for: multiples of 1, 2, 2.5 or 5 times a power of ten. */
export function niceTicks([low, high]: readonly [number, number], about: number): number[] {
  const rough = (high - low) / Math.max(1, about)
  if (!(rough > 0)) return [low]
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 2.5, 5].find((multiple) => multiple * power >= rough) ?? 10)
  const ticks: number[] = []
  // By index and rounded, so that no binary noise adds up.
  for (let index = Math.ceil(low / step); index * step <= high; index++)
    ticks.push(Number((index * step).toPrecision(12)))
  return ticks
}
