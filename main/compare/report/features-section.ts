import type { ComparisonReport } from '#shared/contract/comparison.ts'
import type { FeatureDetail } from '#shared/contract/feature-comparison.ts'
import { errorHistogram } from './error-histogram.ts'
import { escapeHtml } from './escape-html.ts'
import { count, differencesTable, number, share, table, toleranceWords } from './html-parts.ts'

/** What the file shows at most of each feature, and of sessions. */
const MOST_SAMPLES = 5
const MOST_SESSIONS = 50
const MOST_FEATURES = 60

/** The features of a run, as a part of its HTML report. */
export function featuresSection(features: FeatureDetail, histograms: ComparisonReport['featureHistograms']): string {
  const whole = features.features.length
  return [
    introduction(features),
    ...(whole > MOST_FEATURES
      ? [`<p class="note">The first ${MOST_FEATURES} of ${whole} features are shown.</p>`]
      : []),
    part('Minutes', countsTable(features)),
    part('Differences new − old', `${errorsTable(features)}\n${figures(histograms)}`),
    part('Largest differences', samplesTable(features)),
    part('Sessions that differ most', sessionsTable(features)),
  ].join('\n')
}

function part(title: string, content: string): string {
  return `<h3>${escapeHtml(title)}</h3>\n${content}`
}

function introduction({ set, features, sessions, counts, sessionsOutOfDate, sessionsNotBuilt }: FeatureDetail): string {
  const { minutes } = counts
  const whole = minutes.common + minutes.oldOnly + minutes.newOnly
  const unequal = minutes.different + minutes.oldOnly + minutes.newOnly
  const notes = [
    `${features.length} features of ${set} in ${count(sessions)} sessions; they are counted apart from the bars. ${count(unequal)} of ${count(whole)} minutes (${share(unequal, whole)}) have a feature that is different, or features on one side only.`,
    ...(sessionsOutOfDate === 0
      ? []
      : [
          `Features of ${count(sessionsOutOfDate)} sessions are out of date: they were built from other curated bars than there are now. Build them and compare again.`,
        ]),
    ...(sessionsNotBuilt === 0
      ? []
      : [`Features of ${count(sessionsNotBuilt)} sessions are not built: they are only in old.`]),
    ...(minutes.nullVersusValue === 0
      ? []
      : [
          `In ${count(minutes.nullVersusValue)} minutes one side has a value and the other has none, as where windows begin at different bars.`,
        ]),
  ]
  return notes.map((note) => `<p>${escapeHtml(note)}</p>`).join('\n')
}

function countsTable({ features, counts }: FeatureDetail): string {
  return table(
    ['Feature', 'Old column', 'Tolerance', 'Equal', 'Within', 'Different', 'One empty', 'Only old', 'Only new'],
    features.slice(0, MOST_FEATURES).map(({ name, oldColumn, tolerance }) => {
      const own = counts.byFeature[name]
      return [
        name,
        oldColumn,
        toleranceWords(tolerance),
        ...[own.equal, own.withinTolerance, own.different, own.nullVersusValue, own.oldOnly, own.newOnly].map(count),
      ]
    }),
  )
}

function errorsTable({ features, errors }: FeatureDetail): string {
  return table(
    ['Feature', 'Values', 'Bias', 'MAE', 'RMSE', 'Correlation', '|d| p50', 'p90', 'p99', 'max'],
    features.slice(0, MOST_FEATURES).map(({ name }) => {
      const error = errors[name]
      return [
        name,
        count(error.count),
        ...[error.bias, error.mae, error.rmse, error.correlation].map(number),
        ...[error.absolute.p50, error.absolute.p90, error.absolute.p99, error.absolute.max].map(number),
      ]
    }),
  )
}

function figures(histograms: ComparisonReport['featureHistograms']): string {
  const drawn = Object.entries(histograms)
    .filter(([, bins]) => bins.length > 0)
    .slice(0, MOST_FEATURES)
    .map(([name, bins]) => `<figure><figcaption>${escapeHtml(name)}</figcaption>${errorHistogram(name, bins)}</figure>`)
  return drawn.length === 0 ? '' : `<div class="figures">${drawn.join('\n')}</div>`
}

function samplesTable({ features, largest }: FeatureDetail): string {
  const shown = features
    .slice(0, MOST_FEATURES)
    .flatMap(({ name }) => largest.filter(({ field }) => field === name).slice(0, MOST_SAMPLES))
  if (shown.length === 0) return '<p>No value differs.</p>'
  return differencesTable('Feature', shown)
}

function sessionsTable({ perSession }: FeatureDetail): string {
  type Row = FeatureDetail['perSession'][number]
  const unlike = (row: Row): number => row.different + row.oldOnly + row.newOnly
  const worst = perSession
    .filter((row) => unlike(row) > 0 || row.state !== 'current')
    .toSorted((a, b) => unlike(b) - unlike(a))
  if (worst.length === 0) return '<p>No session differs.</p>'
  const states = { current: '', 'out-of-date': 'out of date', 'not-built': 'not built' }
  return [
    table(
      ['Symbol', 'Session', 'In both', 'Equal', 'Within', 'Different', 'Only old', 'Only new', ''],
      worst
        .slice(0, MOST_SESSIONS)
        .map((row) => [
          row.symbol,
          row.sessionDate,
          ...[row.common, row.equal, row.withinTolerance, row.different, row.oldOnly, row.newOnly].map(count),
          states[row.state],
        ]),
    ),
    ...(worst.length > MOST_SESSIONS
      ? [`<p class="note">${MOST_SESSIONS} of ${worst.length} sessions with differences.</p>`]
      : []),
  ].join('\n')
}
