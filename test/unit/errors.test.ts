import { describe, expect, test } from 'vitest'
import { ERROR_CODES, reportError, SwitchyardError } from '#shared/errors.ts'
import { errorReportSchema } from '#shared/jobs/job.ts'

describe('an error for the operator', () => {
  test('carries code, sentence, hint and cause', () => {
    const cause = new Error('disk')
    const error = new SwitchyardError('DISK_FULL', 'The disk is full.', { hint: 'Free some space.', cause })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'SwitchyardError',
      code: 'DISK_FULL',
      message: 'The disk is full.',
      hint: 'Free some space.',
      cause,
    })
    expect(new SwitchyardError('INTERNAL', 'x')).not.toHaveProperty('cause')
  })

  test('has a code of its own for each thing', () => {
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length)
  })
})

describe('a report', () => {
  test('keeps code, sentence and hint and leaves the cause behind', () => {
    const error = new SwitchyardError('NOT_FOUND', 'There is no job.', { hint: 'List them.', cause: new Error('x') })
    expect(reportError(error)).toEqual({ code: 'NOT_FOUND', message: 'There is no job.', hint: 'List them.' })
  })

  test('takes an aborted signal for a cancellation', () => {
    expect(reportError(AbortSignal.abort().reason).code).toBe('CANCELLED')
  })

  test('takes anything else for a defect', () => {
    expect(reportError(new RangeError('Invalid time value'))).toMatchObject({
      code: 'INTERNAL',
      message: 'Invalid time value',
    })
  })

  const bare: unknown = Object.create(null)
  const hostile = {
    toString: () => {
      throw new Error('no')
    },
  }
  test.each([
    ['a text', 'text'],
    ['nothing', undefined],
    ['null', null],
    ['a symbol', Symbol('s')],
    ['an object without a prototype', bare],
    ['an object that cannot be turned into text', hostile],
    ['a number', 42n],
  ])('can be made of %s', (_name, thrown) => {
    const report = reportError(thrown)
    expect(report.code).toBe('INTERNAL')
    expect(errorReportSchema.safeParse(report).success).toBe(true)
  })
})
