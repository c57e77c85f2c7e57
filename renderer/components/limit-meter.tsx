import { formatCount } from '../format/numbers.ts'
import classes from './limit-meter.module.css'

interface LimitMeterProps {
  readonly label: string
  /** Of what `used` and `limit` are, as it stands after them. */
  readonly unit: string
  readonly used: number
  readonly limit: number
}

/** How much of a limit is used: label, a thin bar, `used / limit` and the unit. */
export function LimitMeter({ label, unit, used, limit }: LimitMeterProps) {
  const words = `${formatCount(used)} of ${formatCount(limit)} ${unit}`
  return (
    <div className={classes.meter} data-full={used >= limit || undefined}>
      <span className={classes.label}>{label}</span>
      <meter
        className={classes.bar}
        aria-label={`${label}: ${words}`}
        min={0}
        max={limit}
        value={Math.min(used, limit)}
      />
      <span className={classes.numbers}>
        <b>{formatCount(used)}</b> / {formatCount(limit)} <span className={classes.unit}>{unit}</span>
      </span>
    </div>
  )
}
