import type { PacingBudget } from '#shared/contract/connection.ts'
import type { ConnectionStatus } from './connection/connection-status.ts'
import type { PacingBudget as SchedulerBudget } from './pacing/pacing-scheduler.ts'

const SLOW_WORDS = {
  'pacing-violation': 'TWS reported a pacing violation; requests pause, then go out more slowly for a while.',
  latency: 'Answers take longer than usual; requests go out more slowly.',
} as const

/** The scheduler's budget in the words of the contract. */
export function toBudget(budget: SchedulerBudget, { phase }: Pick<ConnectionStatus, 'phase'>): PacingBudget {
  const waits = budget.waiting.live + budget.waiting.backfill > 0
  const reason =
    waits && phase !== 'ready'
      ? 'Requests wait for the connection.'
      : budget.slowedBecause === undefined
        ? undefined
        : SLOW_WORDS[budget.slowedBecause]
  return {
    messages: budget.messages,
    smallBarRequests: budget.smallBars,
    openRequests: budget.openRequests,
    waiting: budget.waiting,
    pace: budget.pace,
    ...(reason === undefined ? {} : { reason }),
  }
}
