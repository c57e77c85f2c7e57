import { Button } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { RunCauses } from '#shared/contract/causes.ts'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { Folded } from '../../components/folded.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount, formatQuantity, formatShare } from '../../format/numbers.ts'
import { formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import type { Part } from './compare-address.ts'
import { RunFacts } from './run-facts.tsx'
import type { ShareKind } from './share-bar.tsx'
import { SHARE_WORDS, ShareBar, shareKinds } from './share-bar.tsx'
import { StateBar, StateWords } from './state-bar.tsx'
import classes from './verdict.module.css'
import type { NextStep } from './verdict-words.ts'
import { judge, sampleWords } from './verdict-words.ts'

interface VerdictProps {
  readonly run: ComparisonRunDetail
  readonly causes: UseQueryResult<RunCauses>
  /** The part that is shown. */
  readonly part: Part
  readonly onPart: (part: Part) => void
}

/** Whether new is as good as old: the answer, which share of all minutes is what, what is explained, and what to do next. */
export function Verdict({ run, causes, part, onPart }: VerdictProps) {
  return (
    <section className={classes.verdict} aria-label="Verdict">
      <QueryView query={causes} height={72}>
        {(found) => <Answer run={run} found={found} part={part} onPart={onPart} />}
      </QueryView>
      <dl className={classes.bars}>
        <dt>Minutes</dt>
        <dd>
          <ShareBar counts={run.counts} height={10} />
          <MinuteWords counts={run.counts} />
        </dd>
        {causes.data?.isSearched === true && causes.data.differences.total > 0 && (
          <>
            <dt>Differences</dt>
            <dd>
              <StateBar state={causes.data.differences} height={10} />
              <StateWords state={causes.data.differences} />
            </dd>
          </>
        )}
      </dl>
      <Folded
        title="About this run"
        note={`made ${formatLocalMoment(run.createdAtMs)} ${LOCAL_ZONE}; inputs, configuration, version`}
      >
        <RunFacts run={run} />
      </Folded>
    </section>
  )
}

interface AnswerProps {
  readonly run: ComparisonRunDetail
  readonly found: RunCauses
  readonly part: Part
  readonly onPart: (part: Part) => void
}

function Answer({ run, found, part, onPart }: AnswerProps) {
  const { kind, word, sentence, next } = judge(run, found)
  const { waiting, open } = found.differences
  return (
    <div className={classes.answer}>
      <div className={classes.word}>
        <StateMark kind={kind} word={word} />
        {run.sample !== null && (
          <p className={classes.sample}>
            <StateMark kind="unsure" word={`Of ${sampleWords(run.sample)}`} />
          </p>
        )}
      </div>
      <p>
        {sentence}
        {found.isSearched && waiting + open > 0 && (
          <span className={classes.quiet}>
            {' '}
            A gate counts {formatQuantity(waiting + open, 'difference')} as unexplained.
          </span>
        )}
      </p>
      <Next step={next} isSample={run.sample !== null} part={part} onPart={onPart} />
    </div>
  )
}

interface NextProps {
  readonly step: NextStep
  readonly isSample: boolean
  readonly part: Part
  readonly onPart: (part: Part) => void
}

/** What to do next: the way there, or words where one is there already. */
function Next({ step, isSample, part, onPart }: NextProps) {
  switch (step) {
    case 'decide':
      return part === 'causes' ? (
        <p className={classes.quiet}>Next: accept each cause below, or mend it and compare again.</p>
      ) : (
        <Button variant="filled" onClick={() => onPart('causes')}>
          Go to the causes
        </Button>
      )
    case 'look':
      return part === 'rows' ? null : (
        <Button variant="filled" onClick={() => onPart('rows')}>
          Show what is open
        </Button>
      )
    case 'compare':
      return <p className={classes.quiet}>{isSample ? 'Next: compare all minutes.' : 'Next: compare again.'}</p>
    case 'none':
      return null
  }
}

/** Every minute of either side is in exactly one share. */
function MinuteWords({ counts }: { readonly counts: ComparisonRunDetail['counts'] }) {
  const whole = counts.common + counts.oldOnly + counts.newOnly
  const kinds = shareKinds.filter((kind) => kind === 'equal' || counts[kind] > 0)
  const beside = [
    counts.nullVersusValue > 0 && `${formatCount(counts.nullVersusValue)} of the different have a value on one side`,
    counts.duplicateKeys > 0 && `${formatCount(counts.duplicateKeys)} had several rows in old`,
    counts.notSettled > 0 && `${formatCount(counts.notSettled)} not settled yet and not compared`,
  ].filter((part) => part !== false)
  return (
    <p className={classes.line}>
      {kinds.map((kind, index) => (
        <Share key={kind} kind={kind} text={formatShare(counts[kind], whole)} isLast={index === kinds.length - 1} />
      ))}
      <span className={classes.quiet}>of {formatCount(whole)} minutes</span>
      {beside.length > 0 && <span className={classes.quiet}>{beside.join('; ')}</span>}
    </p>
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
