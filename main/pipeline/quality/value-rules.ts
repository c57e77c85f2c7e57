import { reportRuns, type RuleCheck } from './rule-block.ts'
import { isPrice } from './integrity-rules.ts'
import { usualTick } from './usual-tick.ts'

/** Rules about the values of single bars. They get the bars inside the session whose prices are sound. */

/** How far from the grid a price may be, as a share of a tick: doubles cannot hold most multiples of 0.01. */
const TICK_TOLERANCE = 1e-4

export const volumeFractional: RuleCheck<'volume_fractional'> = (
  { bars: { volume }, instrument, merge },
  _params,
  report,
) => {
  // Volumes that were multiplied by a split ratio need not be whole.
  if (!instrument.wholeUnits || merge.adjusted > 0) return
  reportRuns(
    volume.length,
    (row) => Math.floor(volume[row]) !== volume[row] && volume[row] === volume[row],
    report,
    (row) => `The volume is ${volume[row]}, which is not a whole number.`,
  )
}

export const vwapOutsideRange: RuleCheck<'vwap_outside_range'> = ({ bars, instrument }, { ticks }, report) => {
  const { low, high, vwap, volume } = bars
  const isOutside = (row: number): boolean => {
    const slack = ticks * (instrument.tickSize ?? usualTick(low[row])) * 1.000001
    return vwap[row] < low[row] - slack || vwap[row] > high[row] + slack
  }
  reportRuns(
    vwap.length,
    (row) => volume[row] > 0 && isPrice(vwap[row]) && isOutside(row),
    report,
    (row) => `The average price ${vwap[row]} is not between low ${low[row]} and high ${high[row]}.`,
  )
}

export const tickSize: RuleCheck<'tick_size'> = ({ bars, instrument, merge }, { parts }, report) => {
  const tick = instrument.tickSize
  // Prices that were divided by a split ratio lie where they lie.
  if (tick === null || merge.adjusted > 0) return
  const { open, high, low, close } = bars
  const perUnit = parts / tick
  const isOff = (price: number): boolean => {
    const steps = price * perUnit
    const distance = Math.abs(steps - Math.round(steps))
    // Of large prices a double holds fewer places.
    return distance > TICK_TOLERANCE * parts && distance > steps * 1e-12
  }
  reportRuns(
    close.length,
    (row) => isOff(close[row]) || isOff(open[row]) || isOff(high[row]) || isOff(low[row]),
    report,
    (row) => {
      const off = [open[row], high[row], low[row], close[row]].find(isOff)
      return `The price ${off} is no multiple of ${parts === 1 ? '' : `1/${parts} of `}the tick size ${tick}.`
    },
  )
}

export const tradeCountZero: RuleCheck<'trade_count_zero'> = ({ bars: { volume, tradeCount } }, _params, report) =>
  reportRuns(
    volume.length,
    (row) => tradeCount[row] === 0 && volume[row] > 0,
    report,
    (row) => `The volume is ${volume[row]} and the number of trades is 0.`,
  )
