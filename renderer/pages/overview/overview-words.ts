import type { Layer, Overview } from '#shared/contract/contract.ts'
import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import { formatDates } from '../../format/times.ts'
import { JOB_NAMES } from '../../wording/job-words.ts'

/** The step that the state of the layers asks for next; undefined when every layer is as far as the one before it. */
export type NextStep = 'ingest' | 'curate' | 'features' | 'import' | 'compare' | undefined

export type LayerName = Layer['layer']

/** The layer named `name`; every overview holds all five. */
export function layerOf(overview: Overview, name: LayerName): Layer | undefined {
  return overview.layers.find((entry) => entry.layer === name)
}

export function isEmptyWorkspace(overview: Overview): boolean {
  return overview.layers.every((entry) => entry.rows === 0)
}

/** Compares each layer with what feeds it, in the order of the main job. */
export function nextStep(overview: Overview): NextStep {
  const raw = layerOf(overview, 'raw')
  const curated = layerOf(overview, 'curated')
  const legacy = layerOf(overview, 'legacy')
  const comparisons = layerOf(overview, 'comparisons')
  if (!raw?.rows) return 'ingest'
  if (!curated?.rows || isOlder(curated, raw)) return 'curate'
  if (overview.symbols.some((entry) => entry.featureSessions < entry.curatedSessions)) return 'features'
  if (overview.hasOldPipeline && !legacy?.rows) return 'import'
  if (legacy?.rows && (!comparisons?.blocks || isOlder(comparisons, curated) || isOlder(comparisons, legacy))) {
    return 'compare'
  }
  return undefined
}

function isOlder(layer: Layer, source: Layer): boolean {
  return (layer.updatedAtMs ?? 0) < (source.updatedAtMs ?? 0)
}

const NEXT_WORDS: Readonly<Record<Exclude<NextStep, undefined>, string>> = {
  ingest: 'Next: ingest bars from TWS.',
  curate: 'Next: curate; raw holds responses that curated bars do not know yet.',
  features: 'Next: build features; some curated sessions have none yet.',
  import: 'Next: import the old pipeline’s bars, to have something to compare with.',
  compare: 'Next: compare; bars have changed since the last run.',
}

/** Where the workspace stands, in plain sentences: what runs, how far the layers are, what needs a look, what comes next. */
export function overviewSentence(overview: Overview, jobs: readonly Job[]): string {
  const running = jobs.filter((job) => !isFinal(job.state))
  if (isEmptyWorkspace(overview) && running.length === 0) return 'This workspace holds no bars yet.'
  return [
    running.length > 0 ? `Running: ${running.map((job) => JOB_NAMES[job.kind]).join(', ')}.` : undefined,
    coverageWords(overview),
    findingsWords(overview),
    running.length === 0 ? nextWords(overview) : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(' ')
}

function coverageWords(overview: Overview): string | undefined {
  const curated = layerOf(overview, 'curated')
  if (!curated?.rows) return undefined
  const span = formatDates(curated.firstSession, curated.lastSession)
  return `${formatQuantity(curated.symbols, 'symbol')} with ${formatQuantity(curated.blocks, 'curated session')}, ${span}.`
}

function findingsWords(overview: Overview): string | undefined {
  if (!layerOf(overview, 'curated')?.rows) return undefined
  const serious = overview.findings.filter((entry) => entry.severity !== 'info')
  const count = serious.reduce((sum, entry) => sum + entry.count, 0)
  if (count === 0) return 'No finding needs a look.'
  return `${formatQuantity(count, 'finding')} of ${formatCount(serious.length)} ${serious.length === 1 ? 'rule' : 'rules'} to look at.`
}

function nextWords(overview: Overview): string | undefined {
  const next = nextStep(overview)
  return next === undefined ? undefined : NEXT_WORDS[next]
}
