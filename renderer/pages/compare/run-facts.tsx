import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { toleranceText } from '#shared/config/tolerance-text.ts'
import { KeyValues } from '../../components/key-values.tsx'
import { formatQuantity } from '../../format/numbers.ts'
import { formatDates, formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { symbolWords } from '../../wording/job-words.ts'
import classes from './run-facts.module.css'
import { sampleWords } from './verdict-words.ts'

const UNKNOWN = 'not kept in a run from before'

/** What a run was made from, by which configuration, and by which version. It never changes. */
export function RunFacts({ run }: { readonly run: ComparisonRunDetail }) {
  const { inputs, overrides, sessionParts, tickSizes } = run
  return (
    <div className={classes.facts}>
      <dl className={classes.inputs}>
        <Fact term="Run" words={run.runId} isCode />
        <Fact term="Made" words={`${formatLocalMoment(run.createdAtMs)} ${LOCAL_ZONE}`} />
        <Fact
          term="Compared"
          words={`${symbolWords(run.symbols)}, ${formatQuantity(run.sessions, 'session')}, ${formatDates(run.from, run.to)}`}
        />
        <Fact term="Minutes" words={run.sample === null ? 'all of them' : sampleWords(run.sample)} />
        <Fact term="Old input" words={inputs.oldHash ?? UNKNOWN} isCode={inputs.oldHash !== null} />
        <Fact term="New input" words={inputs.newHash ?? UNKNOWN} isCode={inputs.newHash !== null} />
        <Fact term="Code version" words={inputs.codeVersion ?? UNKNOWN} isCode={inputs.codeVersion !== null} />
      </dl>
      <KeyValues
        label="Configuration of the run"
        values={{
          oldPipeline: run.oldPipeline,
          settleMinutes: run.settleMinutes,
          tolerances: Object.fromEntries(
            Object.entries(run.tolerances).map(([field, tolerance]) => [field, toleranceText(tolerance)]),
          ),
          sessionParts,
          overrides: overrides.length === 0 ? 'none' : overrides,
          tickSizes,
        }}
      />
    </div>
  )
}

interface FactProps {
  readonly term: string
  readonly words: string
  readonly isCode?: boolean
}

function Fact({ term, words, isCode = false }: FactProps) {
  return (
    <div className={classes.fact}>
      <dt>{term}</dt>
      <dd>{isCode ? <code>{words}</code> : words}</dd>
    </div>
  )
}
