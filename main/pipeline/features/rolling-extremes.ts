/**
 * Highest and lowest value over a moving window in constant time a row, in blocks of one window's length (van Herk 1992, Gil &
 * Werman 1993): a window is a run of rows before the block's first row followed by a run of rows from it, and its extreme is that
 * of the two runs. A null reaches exactly the windows that hold it.
 */

/** Of two numbers the one further out; NaN when either is. */
type Further = (a: number, b: number) => number

/**
 * Writes the highest of `values[i - length + 1 .. i]` to `out[i]` for the first `rows` rows; null in the first `length - 1` rows
 * and where the window holds a null. `scratch` holds `length` numbers.
 */
export function rollingHighest(
  values: Float64Array,
  rows: number,
  length: number,
  scratch: Float64Array,
  out: Float64Array,
): void {
  rollingExtreme(values, rows, length, Math.max, scratch, out)
}

/** As {@link rollingHighest}, but the lowest. */
export function rollingLowest(
  values: Float64Array,
  rows: number,
  length: number,
  scratch: Float64Array,
  out: Float64Array,
): void {
  rollingExtreme(values, rows, length, Math.min, scratch, out)
}

function rollingExtreme(
  values: Float64Array,
  rows: number,
  length: number,
  further: Further,
  scratch: Float64Array,
  out: Float64Array,
): void {
  out.fill(NaN, 0, Math.min(length - 1, rows))
  for (let first = length - 1; first < rows; first += length) {
    // Entry k: the extreme of the rows first - length + 1 + k to first, the first row being in every window of the block.
    let extreme = values[first]
    scratch[length - 1] = extreme
    for (let k = length - 2, row = first - 1; k >= 0; k--, row--) {
      extreme = further(extreme, values[row])
      scratch[k] = extreme
    }
    const end = Math.min(first + length, rows)
    extreme = values[first]
    for (let row = first, k = 0; row < end; row++, k++) {
      extreme = further(extreme, values[row])
      out[row] = further(scratch[k], extreme)
    }
  }
}
