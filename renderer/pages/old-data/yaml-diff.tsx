import type { PlannedChange } from '#shared/contract/old-data.ts'
import { formatQuantity } from '../../format/numbers.ts'
import classes from './yaml-diff.module.css'

type Line = PlannedChange['diff'][number]

const SIGNS = { same: ' ', added: '+', removed: '−' } as const
const WORDS = { same: '', added: 'Added: ', removed: 'Removed: ' } as const

interface YamlDiffProps {
  readonly plan: PlannedChange
  /** Unchanged lines that are shown around a change. */
  readonly context: number
}

/** The lines of switchyard.yaml that a change adds and takes out, with what stands around them. */
export function YamlDiff({ plan: { diff }, context }: YamlDiffProps) {
  const parts = partsOf(diff, context)
  if (parts.length === 0) return <p className={classes.none}>No line would change.</p>
  return (
    <ol className={classes.diff} aria-label="Change of switchyard.yaml">
      {parts.map((part) =>
        part.kind === 'gap' ? (
          <li key={`gap ${part.at}`} className={classes.gap}>
            {formatQuantity(part.lines, 'line')} as before
          </li>
        ) : (
          <li key={`${part.before ?? '-'} ${part.after ?? '-'}`} className={classes.line} data-kind={part.kind}>
            <span className={classes.number} aria-hidden>
              {part.after ?? part.before}
            </span>
            <span className={classes.sign} aria-hidden>
              {SIGNS[part.kind]}
            </span>
            <code className={classes.text}>
              <span className={classes.spoken}>{WORDS[part.kind]}</span>
              {part.text === '' ? ' ' : part.text}
            </code>
          </li>
        ),
      )}
    </ol>
  )
}

interface Gap {
  readonly kind: 'gap'
  readonly at: number
  readonly lines: number
}

function partsOf(diff: readonly Line[], context: number): readonly (Line | Gap)[] {
  const isNear = diff.map((_, i) =>
    diff.slice(Math.max(0, i - context), i + context + 1).some(({ kind }) => kind !== 'same'),
  )
  const parts: (Line | Gap)[] = []
  if (!isNear.includes(true)) return parts
  let hidden = 0
  diff.forEach((line, i) => {
    if (!isNear[i]) {
      hidden++
      return
    }
    if (hidden > 0) parts.push({ kind: 'gap', at: i, lines: hidden })
    hidden = 0
    parts.push(line)
  })
  if (hidden > 0) parts.push({ kind: 'gap', at: diff.length, lines: hidden })
  return parts
}
