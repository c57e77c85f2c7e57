import type { DifferenceState } from '#shared/contract/causes.ts'
import { formatCount, formatShare } from '../../format/numbers.ts'
import type { StateKind } from '../../components/state-mark.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import classes from './state-bar.module.css'

const STATES = ['explained', 'waiting', 'open'] as const
type State = (typeof STATES)[number]

/** What a difference can be: icon and words. Explained is never equal. */
export const STATE_WORDS: Readonly<Record<State, { readonly kind: StateKind; readonly word: string }>> = {
  explained: { kind: 'signed', word: 'explained' },
  waiting: { kind: 'waiting', word: 'waiting for a decision' },
  open: { kind: 'fail', word: 'open' },
}

/** How far differences are explained, as one bar beside the numbers that say the same. */
export function StateBar({ state, height }: { readonly state: DifferenceState; readonly height: number }) {
  return (
    <div className={classes.bar} style={{ height }} aria-hidden>
      {STATES.map(
        (key) =>
          state[key] > 0 && (
            <div key={key} className={classes.part} data-difference={key} style={{ flexGrow: state[key] }} />
          ),
      )}
    </div>
  )
}

/** The same in words and numbers. */
export function StateWords({ state }: { readonly state: DifferenceState }) {
  return (
    <p className={classes.words}>
      {STATES.map((key) => (
        <span key={key} className={classes.state}>
          <i className={classes.swatch} data-difference={key} aria-hidden />
          <b>{formatCount(state[key])}</b> <StateMark {...STATE_WORDS[key]} />
          <span className={classes.quiet}> {formatShare(state[key], state.total)} %</span>
        </span>
      ))}
      <span className={classes.quiet}>of {formatCount(state.total)} differences</span>
    </p>
  )
}
