import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { useLocation } from 'wouter'
import type { Layer, Overview } from '#shared/contract/contract.ts'
import type { Job } from '#shared/jobs/job.ts'
import type { JobKind } from '#shared/jobs/job-kinds.ts'
import { JobStarter } from '../../components/job-starter.tsx'
import { FractionBar } from '../../components/progress-line.tsx'
import { orpc } from '../../engine-client.ts'
import { formatBytes, formatCount, formatProgress } from '../../format/numbers.ts'
import { formatLocalMoment, formatRecentMoment, LOCAL_ZONE } from '../../format/times.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { selectionWords, symbolWords } from '../../wording/job-words.ts'
import { selectionOf, useViewContext } from '../../view-context.ts'
import type { LayerName } from './overview-words.ts'
import { layerOf, nextStep } from './overview-words.ts'
import classes from './pipeline-picture.module.css'

interface PipelinePictureProps {
  readonly overview: Overview
  readonly jobs: readonly Job[]
}

/** The layers as they feed each other, with the step that leads from one to the next on the line between them. */
export function PipelinePicture({ overview, jobs }: PipelinePictureProps) {
  const [, navigate] = useLocation()
  const [context] = useViewContext()
  const selection = selectionOf(context)
  const scope = selectionWords(selection)
  const next = nextStep(overview)
  const rowsIn = (name: LayerName): number => layerOf(overview, name)?.rows ?? 0
  const running = (kind: JobKind): Job | undefined =>
    jobs.find((job) => job.kind === kind && (job.state === 'running' || job.state === 'queued'))

  return (
    <div className={classes.picture}>
      <Step place="ingest" job={running('ingest')}>
        <Button variant={next === 'ingest' ? 'filled' : 'default'} onClick={() => navigate('/ingest')}>
          Ingest…
        </Button>
      </Step>
      <LayerBox place="raw" title="Raw responses" blocks="Responses" overview={overview} />
      <Step place="curate" job={running('transform')}>
        <JobStarter
          action={JOB_ACTIONS.transform}
          scope={scope}
          isNext={next === 'curate'}
          start={() => orpc.transform.start.call(selection)}
          blockedBy={rowsIn('raw') > 0 ? undefined : 'There are no raw responses yet. Ingest first.'}
        />
      </Step>
      <LayerBox place="curated" title="Curated bars" blocks="Sessions" overview={overview} />
      <Step place="build" job={running('features')}>
        <JobStarter
          action={JOB_ACTIONS.features}
          scope={scope}
          isNext={next === 'features'}
          start={() => orpc.features.build.call(selection)}
          blockedBy={rowsIn('curated') > 0 ? undefined : 'There are no curated bars yet. Curate first.'}
        />
      </Step>
      <LayerBox place="features" title="Features" blocks="Sessions" overview={overview} />

      <Step place="import" job={running('legacy-import')}>
        <JobStarter
          action={JOB_ACTIONS.legacyImport}
          scope={symbolWords(selection.symbols)}
          isNext={next === 'import'}
          start={() => orpc.legacy.import.call(selection.symbols === undefined ? {} : { symbols: selection.symbols })}
          blockedBy={
            overview.hasOldPipeline
              ? undefined
              : 'No file of the old pipeline is described yet. Describe them under Old data.'
          }
        />
      </Step>
      <LayerBox place="legacy" title="Old bars" blocks="Sessions" overview={overview} />
      <Step place="compare" job={running('compare')}>
        <JobStarter
          action={JOB_ACTIONS.compare}
          scope={scope}
          isNext={next === 'compare'}
          start={() => orpc.compare.start.call(selection)}
          blockedBy={
            rowsIn('curated') > 0 && rowsIn('legacy') > 0
              ? undefined
              : 'Both curated bars and the old pipeline’s bars are needed.'
          }
        />
      </Step>
      <div className={classes.junction} aria-hidden />
      <LayerBox place="comparisons" title="Comparisons" blocks="Runs" overview={overview} />
    </div>
  )
}

interface StepProps {
  readonly place: string
  readonly job: Job | undefined
  readonly children: ReactNode
}

/** The line into a layer: its step, or how far that step is while it runs. */
function Step({ place, job, children }: StepProps) {
  return (
    <div className={classes.step} style={{ gridArea: place }}>
      <svg className={classes.arrow} width="7" height="10" viewBox="0 0 7 10" aria-hidden>
        <path d="M0 0 7 5 0 10z" />
      </svg>
      {children}
      {job !== undefined && (
        <div className={classes.running}>
          <FractionBar fraction={job.progress.fraction} label={job.progress.title} />
          {job.state === 'queued' ? 'waits' : formatProgress(job.progress.fraction)}
        </div>
      )}
    </div>
  )
}

interface LayerBoxProps {
  readonly place: LayerName
  readonly title: string
  /** What its blocks are, plural. */
  readonly blocks: string
  readonly overview: Overview
}

function LayerBox({ place, title, blocks, overview }: LayerBoxProps) {
  const layer = layerOf(overview, place)
  if (layer === undefined) return null
  const isEmpty = layer.rows === 0
  return (
    <section
      className={classes.layer}
      style={{ gridArea: place }}
      data-side={place === 'legacy' ? 'old' : place === 'comparisons' ? 'difference' : 'new'}
      data-empty={isEmpty || undefined}
      aria-label={title}
    >
      <h3 className={classes.name}>
        {title} {isEmpty && <span className={classes.none}>empty</span>}
      </h3>
      <code className={classes.table}>{layer.table}</code>
      <dl className={classes.facts}>
        <Fact label="Rows" value={formatCount(layer.rows)} />
        <Fact label={blocks} value={formatCount(layer.blocks)} />
        <Fact label="From" value={layer.firstSession ?? '–'} />
        <Fact label="To" value={layer.lastSession ?? '–'} />
        <Fact label="File" value={formatBytes(layer.fileBytes)} />
        <Fact label="Updated" value={updatedWords(layer)} exactly={updatedExactly(layer)} />
      </dl>
    </section>
  )
}

interface FactProps {
  readonly label: string
  readonly value: string
  readonly exactly?: string | undefined
}

function Fact({ label, value, exactly }: FactProps) {
  return (
    <div className={classes.fact}>
      <dt>{label}</dt>
      <dd title={exactly}>{value}</dd>
    </div>
  )
}

function updatedWords(layer: Layer): string {
  return layer.updatedAtMs === undefined ? '–' : formatRecentMoment(layer.updatedAtMs, Date.now())
}

/** The same to the second, for the pointer. */
function updatedExactly(layer: Layer): string | undefined {
  return layer.updatedAtMs === undefined ? undefined : `${formatLocalMoment(layer.updatedAtMs)} ${LOCAL_ZONE}`
}
