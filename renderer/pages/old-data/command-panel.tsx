import { Button } from '@mantine/core'
import type { Described } from '#shared/contract/old-data.ts'
import type { OldCommand } from '#shared/contract/old-runs.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatDuration } from '../../format/times.ts'
import { commandText } from '../../wording/command-text.ts'
import classes from './command-panel.module.css'
import { Fact, Facts } from './facts.tsx'

interface CommandPanelProps {
  readonly described: Described
  /** Reads switchyard.yaml again. */
  readonly onLookAgain: () => void
}

/** How the old pipeline is run, or what to write into switchyard.yaml so that it can be. */
export function CommandPanel({ described, onLookAgain }: CommandPanelProps) {
  const { command, file } = described
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <Panel title="Old pipeline’s command" note={file} controls={<Button onClick={onLookAgain}>Read it again</Button>}>
        {command === null ? <NoCommand file={file} /> : <Configured command={command} />}
      </Panel>
    </PanelGrid>
  )
}

function Configured({ command }: { readonly command: OldCommand }) {
  const { argv, folder, hasFolder, timeLimitMinutes, graceSeconds, environment, inherit, missing } = command
  return (
    <Facts label="How the old pipeline is run">
      <Fact term="Command">
        <code>{commandText(argv)}</code>
      </Fact>
      <Fact term="Working folder">
        <code>{folder}</code> {!hasFolder && <StateMark kind="fail" word="There is no such folder" />}
      </Fact>
      <Fact term="Writes to">
        <code>{command.runsFolder}/…/out</code>, a new folder for every run
      </Fact>
      <Fact term="Read by">
        {command.read.length > 0 ? (
          <>an import, as {command.read.join(', ')} says</>
        ) : (
          <StateMark
            kind="attention"
            word="No import: the files of no description begin with {out}/, so that what it writes there is not used"
          />
        )}
      </Fact>
      <Fact term="Time limit">
        {formatDuration(timeLimitMinutes * 60_000)}, then it is asked to end, and killed{' '}
        {graceSeconds === 0 ? 'at once' : `${formatDuration(graceSeconds * 1_000)} later`}
      </Fact>
      <Fact term="Variables">
        {environment.length + inherit.length === 0 ? (
          'none beside the usual few'
        ) : (
          <>
            {[...environment, ...inherit.map((name) => `${name} (from the engine)`)].join(', ')}. Their values are shown
            nowhere.{' '}
            {missing.length > 0 && (
              <StateMark kind="fail" word={`Not set in the environment of the engine: ${missing.join(', ')}`} />
            )}
          </>
        )}
      </Fact>
    </Facts>
  )
}

/** The same as in docs/old-pipeline.md, without what has a usual value. */
const EXAMPLE = `oldPipeline:
  bars:
    files: '{out}/{symbol}.csv'   # what the newest run left; every other key stays as it is
  command:
    argv: [python3, fetch.py, --from, '{from}', --to, '{to}', --symbols, '{symbols}', --out, '{out}']
    folder: ../old                # working folder, from the workspace folder
    timeLimitMinutes: 120`

function NoCommand({ file }: { readonly file: string }) {
  return (
    <>
      <EmptyState title="switchyard.yaml does not say how the old pipeline is run">
        With its command, Switchyard can run it over the same sessions as the new pipeline, keep what it printed, import
        what it left and compare, and measure how far it is from itself. Add the lines below to {file} and read it
        again. Dates, symbols and the folder to write to are put in the place of the braces.
      </EmptyState>
      <section className={classes.example} aria-label="Lines to add to switchyard.yaml">
        {/* Scrolls, and is reached by the keyboard for that. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <pre className={classes.yaml} tabIndex={0}>
          {EXAMPLE}
        </pre>
        <p className={classes.quiet}>
          No shell reads the command. Keep secrets out of it: name variables under <code>inherit</code>. Everything
          about it is in docs/old-pipeline.md.
        </p>
      </section>
    </>
  )
}
