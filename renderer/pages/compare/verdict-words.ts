import type { RunCauses } from '#shared/contract/causes.ts'
import type { ComparisonRun } from '#shared/contract/contract.ts'
import type { StateKind } from '../../components/state-mark.tsx'
import { formatCount, formatQuantity } from '../../format/numbers.ts'

/** What a run says about old and new, and what is to be done next. */
export interface Judgement {
  readonly kind: StateKind
  /** The answer in a few words. */
  readonly word: string
  /** Why, in a sentence. */
  readonly sentence: string
  readonly next: NextStep
}

/** `decide`: about causes; `look`: at what nothing explains; `compare`: anew; `none`: nothing is left to do. */
export type NextStep = 'decide' | 'look' | 'compare' | 'none'

type Run = Pick<ComparisonRun, 'counts' | 'sample' | 'oldRuns'>
type Causes = Pick<RunCauses, 'isSearched' | 'differences' | 'causes'>

/** Whether new is as good as old, as far as a run can say. */
export function judge(run: Run, found: Causes): Judgement {
  const { common, oldOnly, newOnly, different, duplicateKeys } = run.counts
  const { isSearched, differences, causes } = found
  const unequal = different + oldOnly + newOnly
  if (common + oldOnly + newOnly === 0) {
    return {
      kind: 'unsure',
      word: 'Nothing was compared',
      sentence: 'Old and new have no minute in what was chosen.',
      next: 'compare',
    }
  }
  if (run.oldRuns !== null) {
    return {
      kind: unequal === 0 ? 'pass' : 'info',
      word: 'Old against old',
      sentence:
        unequal === 0
          ? 'The old pipeline gave the same values twice.'
          : `Two runs of the old pipeline differ in ${formatQuantity(unequal, 'minute')}; differences of new from old that are no larger say nothing.`,
      next: 'none',
    }
  }
  if (!isSearched) return withoutCauses(unequal + duplicateKeys, run.sample)
  if (differences.total === 0) {
    return {
      kind: 'pass',
      word: 'New is as old',
      sentence: 'Every minute is equal or within tolerance.',
      next: 'none',
    }
  }
  const all = formatQuantity(differences.total, 'difference')
  if (differences.waiting + differences.open === 0) {
    return {
      kind: 'signed',
      word: 'New is as old, but for what was accepted',
      sentence: `Each of ${all} has a cause that was accepted.`,
      next: 'none',
    }
  }
  const deciding = formatQuantity(undecided(causes).length, 'cause')
  if (differences.open === 0) {
    return {
      kind: 'attention',
      word: 'Not yet',
      sentence: `Each of ${all} has a known cause; ${formatCount(differences.waiting)} wait for a decision about ${deciding}.`,
      next: 'decide',
    }
  }
  const nothing = `Nothing explains ${formatCount(differences.open)} of ${all}`
  return {
    kind: 'fail',
    word: 'Not yet',
    sentence:
      differences.waiting === 0
        ? `${nothing}.`
        : `${nothing}; ${formatCount(differences.waiting)} have a known cause and wait for a decision about ${deciding}.`,
    next: differences.waiting > 0 ? 'decide' : 'look',
  }
}

function withoutCauses(unequal: number, sample: number | null): Judgement {
  const why =
    sample === null
      ? 'Its causes were not searched for.'
      : 'Causes are not searched for in a sample: they show in minutes that follow each other.'
  if (unequal === 0) {
    return {
      kind: sample === null ? 'pass' : 'unsure',
      word: sample === null ? 'New is as old' : 'New is as old in the sample',
      sentence: 'Every minute that was compared is equal or within tolerance.',
      next: sample === null ? 'none' : 'compare',
    }
  }
  return {
    kind: 'unsure',
    word: 'Cannot be said',
    sentence: `${formatQuantity(unequal, 'minute is', 'minutes are')} not alike. ${why}`,
    next: 'compare',
  }
}

/** Causes of which something waits for a decision. */
export function undecided<Cause extends RunCauses['causes'][number]>(causes: readonly Cause[]): readonly Cause[] {
  return causes.filter((cause) => !isAccepted(cause))
}

/** Whether a decision about the cause counts at present, and has not been outgrown; it may be about part of it. */
export function isAccepted({ acceptances, symbols }: RunCauses['causes'][number]): boolean {
  return acceptances.some(({ state }) => state === 'active') && !symbols.some(({ isOutgrown }) => isOutgrown)
}

/** `a sample of 10 % of the minutes` */
export function sampleWords(sample: number): string {
  return `a sample of ${Number((sample * 100).toPrecision(6))} % of the minutes`
}
