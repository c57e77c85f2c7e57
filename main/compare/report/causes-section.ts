import type { RunCauses } from '#shared/contract/causes.ts'
import { isoUtc } from '#shared/time.ts'
import { escapeHtml } from './escape-html.ts'
import { count, number, share, table } from './html-parts.ts'

/** Symbols, and causes, that the file names; the JSON has all. */
const MOST_CAUSES = 60
const MOST_SYMBOLS = 8

/** Why old and new differ, what of it the operator accepted, and what nothing explains. */
export function causesSection({ isSearched, differences, open, causes }: RunCauses): string {
  const { total, explained, waiting } = differences
  if (total === 0) return '<p>Nothing differs beyond tolerance.</p>'
  const states = table(
    ['Differences', 'Count', 'Share'],
    [
      ['Explained: all causes accepted', count(explained), share(explained, total)],
      ['Waiting: a cause is found and not accepted', count(waiting), share(waiting, total)],
      ['Open: no cause found', count(differences.open), share(differences.open, total)],
      ['Unexplained: waiting or open', count(waiting + differences.open), share(waiting + differences.open, total)],
    ],
  )
  if (!isSearched) return `${states}\n<p>No causes were looked for in this run.</p>`
  const rows = causes.slice(0, MOST_CAUSES).map((cause) => {
    const names = cause.symbols.slice(0, MOST_SYMBOLS).map(({ symbol }) => symbol)
    const more = cause.symbols.length > names.length ? ` and ${cause.symbols.length - names.length} more` : ''
    const decisions = cause.acceptances
      .filter(({ state }) => state === 'active')
      .map(({ author, reason, expiresAtMs }) => {
        const until = expiresAtMs === null ? '' : ` until ${isoUtc(Math.floor(expiresAtMs / 1000)).slice(0, 10)}`
        return `${author}${until}: ${reason}`
      })
    const grown = cause.symbols.filter(({ isOutgrown }) => isOutgrown).map(({ symbol }) => symbol)
    if (grown.length > 0) {
      const others = grown.length > MOST_SYMBOLS ? ` and ${grown.length - MOST_SYMBOLS} more` : ''
      decisions.push(`it has grown in ${grown.slice(0, MOST_SYMBOLS).join(', ')}${others} and waits again`)
    }
    const fit = number(100 * Math.min(...cause.symbols.map((symbol) => symbol.fit)))
    return [
      cause.words,
      `${names.join(', ')}${more}`,
      count(cause.explained),
      share(cause.explained, total),
      `${fit} %`,
      count(cause.accepted),
      decisions.join('; '),
    ]
  })
  const left = [
    ...Object.entries(open.fields).map(([field, value]) => `${field} ${count(value)}`),
    ...(open.oldOnly > 0 ? [`only in old ${count(open.oldOnly)}`] : []),
    ...(open.newOnly > 0 ? [`only in new ${count(open.newOnly)}`] : []),
    ...(open.doubled > 0 ? [`old rows of the same minute ${count(open.doubled)}`] : []),
  ]
  return [
    states,
    causes.length === 0
      ? '<p>No cause was found.</p>'
      : table(['Cause', 'Symbols', 'Differences', 'Share', 'Least fit', 'Accepted', 'By'], rows),
    '<p class="note">A difference may need several causes, and counts for each of them. Accepted differences are explained, never equal. As of the moment at which this file was written.</p>',
    ...(causes.length > MOST_CAUSES
      ? [`<p class="note">${count(causes.length - MOST_CAUSES)} more causes are in the JSON report.</p>`]
      : []),
    ...(left.length === 0 ? [] : [`<p>Open: ${escapeHtml(left.join(', '))}.</p>`]),
  ].join('\n')
}
