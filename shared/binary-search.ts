/**
 * The first of `length` places at which something is reached, for what holds at every place after the first one; `length` where
 * it is reached at none.
 */
export function firstPlace(length: number, isReached: (place: number) => boolean): number {
  let from = 0
  let to = length
  while (from < to) {
    const middle = (from + to) >>> 1
    if (isReached(middle)) to = middle
    else from = middle + 1
  }
  return from
}
