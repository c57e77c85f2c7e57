/** What a kind of cause is called, as a noun for tables. */
const CAUSE_NAMES: Readonly<Record<string, string>> = {
  time_shift: 'Time shift',
  dst_shift: 'Daylight saving',
  scale: 'Scale',
  adjustment: 'Adjustment',
  other_contract: 'Other contract',
  rounding: 'Rounding',
  forward_fill: 'Filled forward',
  dropped_zero_volume: 'Empty minutes left out',
  duplicate_rows: 'Doubled rows',
  bars_cut: 'Bars cut',
  extended_hours: 'Extended hours',
  unfinished_last_bar: 'Unfinished last bar',
  other_volume_source: 'Other volume source',
}

/** A kind that this version does not know keeps its name. */
export function causeName(kind: string): string {
  return CAUSE_NAMES[kind] ?? kind
}
