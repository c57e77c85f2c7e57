import { allocateBars, type BarColumns } from '#shared/bars.ts'
import { SwitchyardError } from '#shared/errors.ts'

/** A bar as the library hands it over; times are epoch seconds in text (formatDate = 2). */
export interface ReceivedBar {
  readonly time: string
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly tradeCount: number | undefined
  readonly wap: number
}

/**
 * Turns received bars into columns without judging them: order, duplicates and odd values stay as they came. A count that TWS
 * did not send is NaN.
 *
 * @throws {SwitchyardError} TWS_REFUSED when a time stamp is not epoch seconds, since such a bar has no place to be stored.
 */
export function parseBars(received: readonly ReceivedBar[], subject: string): BarColumns {
  const bars = allocateBars(received.length)
  received.forEach((bar, i) => {
    const ts = Number(bar.time)
    if (!/^\d{1,12}$/.test(bar.time.trim()) || !Number.isSafeInteger(ts)) {
      throw new SwitchyardError(
        'TWS_REFUSED',
        `TWS sent a bar of ${subject} with the time "${bar.time}" instead of epoch seconds.`,
        {
          hint: 'Nothing of this answer was stored. Check the API settings of TWS; Switchyard asks for formatDate 2.',
        },
      )
    }
    bars.ts[i] = ts
    bars.open[i] = bar.open
    bars.high[i] = bar.high
    bars.low[i] = bar.low
    bars.close[i] = bar.close
    bars.volume[i] = bar.volume
    bars.vwap[i] = bar.wap
    bars.tradeCount[i] = bar.tradeCount ?? NaN
  })
  return bars
}

/** An instant as TWS takes it without doubt about the zone: `yyyymmdd-hh:mm:ss` in UTC. */
export function formatEndDateTime(ts: number): string {
  const iso = new Date(ts * 1000).toISOString()
  return `${iso.slice(0, 10).replaceAll('-', '')}-${iso.slice(11, 19)}`
}
