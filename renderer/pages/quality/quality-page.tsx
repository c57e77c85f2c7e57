import { useMemo } from 'react'
import { skipToken, useQuery } from '@tanstack/react-query'
import type { Overview } from '#shared/contract/contract.ts'
import type { Finding } from '#shared/contract/quality.ts'
import type { JobKind } from '#shared/jobs/job-kinds.ts'
import { JobStarter } from '../../components/job-starter.tsx'
import { Page } from '../../components/page.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { useJobs, useOverview } from '../../engine-queries.ts'
import { oneCell } from '../../grid/grid-cells.ts'
import { selectionOf, useViewContext } from '../../view-context.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { selectionWords } from '../../wording/job-words.ts'
import { StalePreview } from './build-preview.tsx'
import { FindingsPanel } from './findings-panel.tsx'
import { GridPanel } from './grid-panel.tsx'
import { Inspector } from './inspector.tsx'
import { NothingYet } from './nothing-yet.tsx'
import type { ChangeView } from './quality-address.ts'
import { useQualityView } from './quality-address.ts'
import { QualityFigures } from './quality-figures.tsx'
import sides from '../../components/side-by-side.module.css'
import classes from './quality-page.module.css'
import { qualitySentence } from './quality-sentence.ts'
import { RulesPanel } from './rules-panel.tsx'
import { hasMinute } from './session-minutes.ts'
import type { Quality } from './use-quality.ts'
import { useQuality } from './use-quality.ts'
import { WorkPanel } from '../../components/work-panel.tsx'

/** What changes the curated bars. */
const WORK: ReadonlySet<JobKind> = new Set<JobKind>(['ingest', 'transform', 'rebuild'])

/** How good the curated bars are: session by session, rule by rule, bar by bar, and what can be done about it. */
export default function QualityPage() {
  const overview = useOverview().data
  const jobs = useJobs().data ?? []
  const [context] = useViewContext()
  const scope = selectionOf(context)
  const quality = useQuality(scope)
  const { grid, rules, trend, plan } = quality
  const isEmpty = grid.data?.sessions.length === 0 || grid.data?.rows.length === 0
  const sentence = useMemo(
    () =>
      grid.data === undefined || rules.data === undefined || trend.data === undefined
        ? ''
        : qualitySentence(grid.data, rules.data, trend.data),
    [grid.data, rules.data, trend.data],
  )
  return (
    <Page
      title="Data quality"
      sentence={sentence}
      actions={
        <JobStarter
          action={JOB_ACTIONS.rebuildStale}
          scope={selectionWords(scope)}
          isNext={(plan.data?.sessionsToBuild ?? 0) > 0}
          start={() => orpc.transform.start.call(scope)}
          blockedBy={
            plan.data !== undefined && plan.data.sessionsToBuild + plan.data.sessionsToRemove === 0
              ? 'Nothing is stale.'
              : undefined
          }
        >
          <StalePreview plan={plan} />
        </JobStarter>
      }
    >
      <WorkPanel jobs={jobs} kinds={WORK} />
      {isEmpty ? <NothingYet /> : <Workbench quality={quality} overview={overview} />}
    </Page>
  )
}

interface WorkbenchProps {
  readonly quality: Quality
  readonly overview: Overview | undefined
}

function Workbench({ quality, overview }: WorkbenchProps) {
  const [context] = useViewContext()
  const scope = selectionOf(context)
  const [view, change] = useQualityView()
  const { grid, rules, trend, thresholds } = quality
  const highlighted = useHighlighted(quality, view.rule, view.layer)
  const zones = new Set(overview?.symbols.map((entry) => entry.zone))
  // One zone for a whole column: the exchange's when all symbols share it.
  const zone = (zones.size === 1 ? overview?.symbols[0]?.zone : undefined) ?? 'UTC'
  return (
    <>
      <section className={classes.state} aria-label="State">
        <QueryView query={grid} height={72}>
          {(cells) => (
            <QueryView query={rules} height={72}>
              {(reports) => (
                <QueryView query={trend} height={72}>
                  {(days) => <QualityFigures grid={cells} rules={reports} trend={days} thresholds={thresholds} />}
                </QueryView>
              )}
            </QueryView>
          )}
        </QueryView>
      </section>
      <div className={classes.bench}>
        <div className={sides.picture}>
          <GridPanel
            grid={grid}
            layer={view.layer}
            onLayer={(layer) => change({ layer })}
            selection={view.selection}
            onSelect={(selection, step) =>
              change({ selection, atTs: undefined }, step === 'moved' ? 'replace' : 'push')
            }
            rule={view.rule}
            highlighted={highlighted}
          />
          <RulesPanel rules={rules} rule={view.rule} onRule={(rule) => change({ rule })} />
          <FindingsPanel
            scope={scope}
            rule={view.rule}
            onRule={(rule) => change({ rule })}
            selection={view.selection}
            atTs={view.atTs}
            onFinding={(finding) => showFinding(finding, change)}
            zone={zone}
          />
        </div>
        <div className={sides.side}>
          <Inspector grid={grid} view={view} onChange={change} />
        </div>
      </div>
    </>
  )
}

function showFinding(finding: Finding, change: ChangeView): void {
  change({ selection: oneCell(finding), atTs: hasMinute(finding.rule) ? finding.ts : undefined })
}

/** `SYMBOL SESSION` of what the chosen rule found something in; undefined without a rule or in another layer. */
function useHighlighted(quality: Quality, rule: string | undefined, layer: string): ReadonlySet<string> | undefined {
  const [context] = useViewContext()
  const isAsked = rule !== undefined && layer === 'findings' && quality.grid.data !== undefined
  const found = useQuery(
    orpc.quality.findings.queryOptions({
      input: isAsked ? { ...selectionOf(context), rule, limit: 10_000 } : skipToken,
    }),
  ).data
  return useMemo(
    () =>
      isAsked && found !== undefined
        ? new Set(found.map(({ symbol, sessionDate }) => `${symbol} ${sessionDate}`))
        : undefined,
    [isAsked, found],
  )
}
