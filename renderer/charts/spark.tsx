import classes from './spark.module.css'

interface SparkProps {
  /** Oldest first; null where there is none, drawn as a gap. */
  readonly values: readonly (number | null)[]
  /** What it shows, for those who do not see it. */
  readonly label: string
  /** The value drawn at the foot: 0 for counts, the smallest of the values where only differences can be seen. */
  readonly foot?: 'zero' | 'smallest'
}

const WIDTH = 56
const HEIGHT = 18
const PADDING = 2

/** The course of a value in the size of a word. The last value has a dot. */
export function Spark({ values, label, foot = 'zero' }: SparkProps) {
  const known = values.filter((value) => value !== null)
  const low = foot === 'zero' ? 0 : Math.min(...known)
  const reach = Math.max(...known) - low
  const xOf = (index: number): number => PADDING + (index * (WIDTH - 2 * PADDING)) / Math.max(1, values.length - 1)
  const yOf = (value: number): number =>
    HEIGHT - PADDING - (reach <= 0 ? 0 : ((value - low) / reach) * (HEIGHT - 2 * PADDING))
  const last = values.at(-1) ?? null
  return (
    <svg className={classes.spark} width={WIDTH} height={HEIGHT}>
      <title>{label}</title>
      {known.length > 1 && <path d={pathOf(values, xOf, yOf)} />}
      {last !== null && <circle cx={xOf(values.length - 1)} cy={yOf(last)} r={1.8} />}
    </svg>
  )
}

function pathOf(
  values: readonly (number | null)[],
  xOf: (index: number) => number,
  yOf: (value: number) => number,
): string {
  let isDown = false
  return values
    .map((value, index) => {
      if (value === null) {
        isDown = false
        return ''
      }
      const command = isDown ? 'L' : 'M'
      isDown = true
      return `${command}${xOf(index).toFixed(1)} ${yOf(value).toFixed(1)}`
    })
    .join('')
}
