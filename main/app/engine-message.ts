import { ERROR_CODES } from '#shared/errors.ts'
import type { ErrorCode, ErrorReport } from '#shared/errors.ts'
import type { EngineToHost } from '#shared/host-protocol.ts'

/** Reads a message of the engine's process; undefined for anything that is not one. */
export function parseEngineMessage(value: unknown): EngineToHost | undefined {
  if (!isRecord(value)) return undefined
  switch (value['kind']) {
    case 'ready':
      return typeof value['workspace'] === 'string' ? { kind: 'ready', workspace: value['workspace'] } : undefined
    case 'failed': {
      const error = parseErrorReport(value['error'])
      return error === undefined ? undefined : { kind: 'failed', error }
    }
    case 'activity': {
      const runningJobs = value['runningJobs']
      return typeof runningJobs === 'number' && Number.isInteger(runningJobs) && runningJobs >= 0
        ? { kind: 'activity', runningJobs }
        : undefined
    }
    default:
      return undefined
  }
}

function parseErrorReport(value: unknown): ErrorReport | undefined {
  if (!isRecord(value) || !isErrorCode(value['code']) || typeof value['message'] !== 'string') return undefined
  const hint = value['hint']
  return { code: value['code'], message: value['message'], ...(typeof hint === 'string' ? { hint } : {}) }
}

function isErrorCode(value: unknown): value is ErrorCode {
  return ERROR_CODES.some((code) => code === value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
