import { formatShare } from '../../format/numbers.ts'
import classes from './share-bar.module.css'

/** What a minute of either side can be, in the order in which it is told. */
export const shareKinds = ['equal', 'withinTolerance', 'different', 'oldOnly', 'newOnly'] as const
export type ShareKind = (typeof shareKinds)[number]

export const SHARE_WORDS: Readonly<Record<ShareKind, string>> = {
  equal: 'equal',
  withinTolerance: 'within tolerance',
  different: 'different',
  oldOnly: 'only in old',
  newOnly: 'only in new',
}

interface ShareBarProps {
  readonly counts: Readonly<Record<ShareKind, number>>
  readonly height: number
}

/** The shares as one bar, beside the numbers that say the same. A share that is not zero is at least two pixels wide, so that nothing disappears. */
export function ShareBar({ counts, height }: ShareBarProps) {
  const whole = shareKinds.reduce((sum, kind) => sum + counts[kind], 0)
  const words = shareKinds
    .filter((kind) => counts[kind] > 0)
    .map((kind) => `${formatShare(counts[kind], whole)} % ${SHARE_WORDS[kind]}`)
    .join(', ')
  return (
    <div className={classes.bar} style={{ height }} aria-hidden title={words}>
      {shareKinds.map(
        (kind) =>
          counts[kind] > 0 && (
            <div key={kind} className={classes.part} data-share={kind} style={{ flexGrow: counts[kind] }} />
          ),
      )}
    </div>
  )
}
