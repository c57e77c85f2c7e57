import type { ComparisonReport } from '#shared/contract/comparison.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import { isoUtc } from '#shared/time.ts'
import { causesSection } from './causes-section.ts'
import { errorHistogram } from './error-histogram.ts'
import { escapeHtml } from './escape-html.ts'
import { featuresSection } from './features-section.ts'
import { count, differencesTable, number, section, share, table, toleranceWords } from './html-parts.ts'

/** What the file shows at most, so that it can be sent by mail; the JSON has everything that the run keeps. */
const MOST_SAMPLES = 20
const MOST_SESSIONS = 100

/**
 * A comparison run as one HTML file that needs nothing else: no script, no font, no address is loaded. It says what the run
 * found, what it was made from and with which configuration.
 */
export function htmlReport(report: ComparisonReport): string {
  const title = `${report.oldRuns === null ? 'Comparison' : 'Noise floor'} ${report.runId}`
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">',
    `<title>${escapeHtml(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    `<h1>${escapeHtml(title)}</h1>`,
    verdict(report),
    section('Minutes', minutesTable(report)),
    ...(report.oldRuns === null ? [section('Causes', causesSection(report.explanation))] : []),
    section('Fields', fieldsTable(report)),
    section('Differences new − old', histograms(report)),
    section('Old and new values', testsTable(report)),
    section('Against the reference', driftTable(report)),
    section('Largest differences', samplesTable(report)),
    section('Sessions that differ most', sessionsTable(report)),
    ...(report.features === null
      ? []
      : [section('Features', featuresSection(report.features, report.featureHistograms))]),
    section('Made from', inputs(report)),
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

function verdict(report: ComparisonReport): string {
  const { counts } = report
  const whole = counts.common + counts.oldOnly + counts.newOnly
  const unequal = counts.different + counts.oldOnly + counts.newOnly
  const words =
    whole === 0
      ? 'No minute was compared.'
      : unequal === 0
        ? `All ${count(whole)} minutes are equal or within tolerance.`
        : `${count(unequal)} of ${count(whole)} minutes (${share(unequal, whole)}) are different or on one side only.`
  const notes = [
    `${report.oldPipeline} against ${report.oldRuns === null ? 'curated bars' : 'itself'}: ${report.symbols.join(', ')}, ${count(report.sessions)} sessions from ${report.from} to ${report.to}; compared ${isoUtc(Math.floor(report.createdAtMs / 1000))}.`,
    ...(report.oldRuns === null
      ? []
      : [
          `The old pipeline was run twice over the same sessions: old is what run ${report.oldRuns[0]} left, new what run ${report.oldRuns[1]} left. Nothing here says anything about the new pipeline.`,
        ]),
    ...(report.sample === null
      ? []
      : [
          `Only a sample of ${number(report.sample * 100)} % of the minutes was compared; all counts are of the sample.`,
        ]),
    ...(counts.notSettled === 0
      ? []
      : [
          `${count(counts.notSettled)} minutes were too young to be compared (younger than ${report.settleMinutes} minutes).`,
        ]),
  ]
  return [
    `<p class="verdict ${unequal === 0 ? 'same' : 'unlike'}">${escapeHtml(words)}</p>`,
    ...notes.map((note) => `<p>${escapeHtml(note)}</p>`),
  ].join('\n')
}

function minutesTable({ counts }: ComparisonReport): string {
  const whole = counts.common + counts.oldOnly + counts.newOnly
  const rows: readonly (readonly [string, number, boolean])[] = [
    ['Equal', counts.equal, true],
    ['Within tolerance', counts.withinTolerance, true],
    ['Different', counts.different, true],
    ['Only in old', counts.oldOnly, true],
    ['Only in new', counts.newOnly, true],
    ['Of the different: a value against none', counts.nullVersusValue, true],
    ['Minutes with several rows in old, the last one compared', counts.duplicateKeys, false],
    ['Not settled, not compared', counts.notSettled, false],
  ]
  return table(
    ['Minutes', 'Count', 'Share'],
    rows.map(([name, value, isPart]) => [name, count(value), isPart ? share(value, whole) : '']),
  )
}

function fieldsTable({ counts, errors, tolerances, overrides }: ComparisonReport): string {
  const rows = Object.entries(counts.fields).map(([field, { equal, withinTolerance, different, nullVersusValue }]) => {
    const error = errors[field]
    return [
      field,
      toleranceWords(tolerances[field]),
      count(equal),
      count(withinTolerance),
      count(different),
      count(nullVersusValue),
      ...[error?.bias, error?.mae, error?.rmse, error?.correlation].map(number),
      ...[error?.absolute.p50, error?.absolute.p90, error?.absolute.p99, error?.absolute.max].map(number),
    ]
  })
  const heads = [
    'Field',
    'Tolerance',
    'Equal',
    'Within',
    'Different',
    'One empty',
    'Bias',
    'MAE',
    'RMSE',
    'Correlation',
  ]
  const bounds = Object.values(errors).map(({ relativeError }) => relativeError)
  const bound = Math.max(0, ...bounds)
  return [
    table([...heads, '|d| p50', 'p90', 'p99', 'max'], rows),
    `<p class="note">Quantiles are ${bound === 0 ? 'exact' : `off by at most ${number(bound * 100)} % of themselves; the maximum is exact`}.${overrides.length === 0 ? '' : ' Some symbols or parts of the session have other tolerances, see the configuration.'}</p>`,
  ].join('\n')
}

function histograms({ histograms: byField }: ComparisonReport): string {
  const drawn = Object.entries(byField).map(
    ([field, bins]) => `<figure><figcaption>${escapeHtml(field)}</figcaption>${errorHistogram(field, bins)}</figure>`,
  )
  if (drawn.length === 0) return '<p>This run was made before distributions were kept.</p>'
  return [
    '<p class="note">Bins reach from one power of two to the next on either side of zero; the height is the logarithm of the count. Hovering shows the edges.</p>',
    `<div class="figures">${drawn.join('\n')}</div>`,
  ].join('\n')
}

function testsTable({ tests }: ComparisonReport): string {
  if (tests.length === 0) return '<p>There are no tests of this run.</p>'
  return [
    '<p class="note">Over the minutes that both have, by symbol. D (Kolmogorov–Smirnov) is the size of the effect; p-values are adjusted for the number of tests (Benjamini–Hochberg) and take minutes as independent, which makes them too small. The stability index stands beside what it is by chance.</p>',
    table(
      ['Symbol', 'Field', 'Minutes', 'D', 'p', 'adjusted p', 'Wasserstein', 'PSI', 'PSI by chance', '99 % of chance'],
      tests.map((test) => [
        test.symbol,
        test.field,
        count(test.oldCount),
        ...[
          test.d,
          test.pValue,
          test.adjustedPValue,
          test.wasserstein,
          test.psi,
          test.psiExpected,
          test.psiUpper99,
        ].map(number),
      ]),
    ),
  ].join('\n')
}

function driftTable({ drift }: ComparisonReport): string {
  if (drift === null) return '<p>No other run with distributions is marked as the reference.</p>'
  return [
    `<p>Reference: ${escapeHtml(drift.reference.runId)}.</p>`,
    table(
      ['Field', 'PSI', 'PSI by chance', '99 % of chance', 'Beyond chance', 'D', 'adjusted p', 'Wasserstein'],
      drift.fields.map((field) => [
        field.field,
        ...[field.psi, field.psiExpected, field.psiUpper99].map(number),
        field.isBeyondChance ? 'yes' : 'no',
        ...[field.d, field.adjustedPValue, field.wasserstein].map(number),
      ]),
    ),
  ].join('\n')
}

function samplesTable({ largest }: ComparisonReport): string {
  const fields = [...new Set(largest.map(({ field }) => field))]
  const shown = fields.flatMap((field) => largest.filter((entry) => entry.field === field).slice(0, MOST_SAMPLES))
  if (shown.length === 0) return '<p>No value differs.</p>'
  return [
    differencesTable('Field', shown),
    ...(shown.length < largest.length
      ? [`<p class="note">${shown.length} of ${largest.length} that the run keeps.</p>`]
      : []),
  ].join('\n')
}

function sessionsTable({ perSession }: ComparisonReport): string {
  type Row = ComparisonReport['perSession'][number]
  const unlike = (row: Row): number => row.different + row.oldOnly + row.newOnly
  const worst = perSession.filter((row) => unlike(row) > 0).toSorted((a, b) => unlike(b) - unlike(a))
  if (worst.length === 0) return '<p>No session differs.</p>'
  return [
    table(
      ['Symbol', 'Session', 'In both', 'Equal', 'Within', 'Different', 'Only old', 'Only new'],
      worst
        .slice(0, MOST_SESSIONS)
        .map((row) => [
          row.symbol,
          row.sessionDate,
          ...[row.common, row.equal, row.withinTolerance, row.different, row.oldOnly, row.newOnly].map(count),
        ]),
    ),
    ...(worst.length > MOST_SESSIONS
      ? [`<p class="note">${MOST_SESSIONS} of ${worst.length} sessions with differences.</p>`]
      : []),
  ].join('\n')
}

function inputs(report: ComparisonReport): string {
  const { tolerances, overrides, sessionParts, settleMinutes, tickSizes, sample } = report
  const configuration = { tolerances, overrides, sessionParts, settleMinutes, tickSizes, sample }
  return [
    table(
      ['', ''],
      [
        ['Old blocks, SHA-256', report.inputs.oldHash ?? 'not kept'],
        ['New blocks, SHA-256', report.inputs.newHash ?? 'not kept'],
        ['Switchyard', report.inputs.codeVersion ?? 'not kept'],
        ['Old pipeline', report.oldPipeline],
      ],
    ),
    `<pre>${escapeHtml(JSON.stringify(JSON.parse(canonicalJson(configuration)), null, 2))}</pre>`,
  ].join('\n')
}

const STYLE = `
:root{color-scheme:light}
body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:1100px;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.4rem;margin:0 0 .5rem}h2{font-size:1.05rem;margin:2rem 0 .5rem}
.verdict{font-size:1.15rem;font-weight:600;padding:.6rem .8rem;border-left:5px solid}
.same{border-color:#2b8a3e;background:#ebfbee}.unlike{border-color:#c92a2a;background:#fff5f5}
.note{color:#5c6370;font-size:.9em}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.2rem .6rem;border-bottom:1px solid #e3e6ea;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
section{overflow-x:auto}
.figures{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0}figcaption{font-weight:600}
pre{background:#f6f7f9;padding:.8rem;overflow-x:auto}
`.trim()
