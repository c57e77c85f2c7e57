import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { formatCount, formatShare } from '../../format/numbers.ts'
import type { ShareKind } from './share-bar.tsx'
import { SHARE_WORDS, ShareBar, shareKinds } from './share-bar.tsx'
import classes from './verdict.module.css'

type Counts = ComparisonRunDetail['counts']

/** The run in one line: which share of all minutes is what. Every minute of either side is in exactly one share. */
export function Verdict({ counts }: { readonly counts: Counts }) {
  const whole = counts.common + counts.oldOnly + counts.newOnly
  const kinds = shareKinds.filter((kind) => kind === 'equal' || counts[kind] > 0)
  return (
    <section className={classes.verdict} aria-label="Verdict">
      <p className={classes.line}>
        {kinds.map((kind, index) => (
          <Share key={kind} kind={kind} text={formatShare(counts[kind], whole)} isLast={index === kinds.length - 1} />
        ))}
        <span className={classes.whole}>of {formatCount(whole)} minutes</span>
      </p>
      <ShareBar counts={counts} height={8} />
    </section>
  )
}

interface ShareProps {
  readonly kind: ShareKind
  readonly text: string
  readonly isLast: boolean
}

function Share({ kind, text, isLast }: ShareProps) {
  return (
    <span className={classes.share}>
      <i className={classes.swatch} data-share={kind} aria-hidden />
      <b>{text} %</b> {SHARE_WORDS[kind]}
      {isLast ? ' ' : ', '}
    </span>
  )
}
