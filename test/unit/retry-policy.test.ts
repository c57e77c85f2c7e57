import { describe, expect, test } from 'vitest'
import { type ErrorCode, SwitchyardError } from '#shared/errors.ts'
import { retryAfter } from '#main/tws/ingest/retry-policy.ts'
import { TwsRequestError } from '#main/tws/tws-request-error.ts'

const LIMITS = { retries: 3, retryDelayMs: 2_000 }
const AGAIN_SOON = { kind: 'again', counts: false, delayMs: 0 }
const again = (delayMs: number): unknown => ({ kind: 'again', counts: true, delayMs })
const error = (code: ErrorCode): SwitchyardError => new SwitchyardError(code, code)
const refused = (code: number, text = ''): TwsRequestError => new TwsRequestError(code, text, 'SPY')

const HELD = { keepsTrying: true, isHistoryAway: false }

const decide = (thrown: unknown, attempt = 1, connection = HELD): unknown =>
  retryAfter(thrown, attempt, LIMITS, connection)

describe('a failed request', () => {
  test.each([
    ['lost its connection, which is restored', error('TWS_DISCONNECTED'), AGAIN_SOON],
    ['was not answered', error('TWS_TIMEOUT'), again(2_000)],
    ['was answered with something that cannot be read', error('TWS_REFUSED'), again(2_000)],
    ['met a full disk', error('DISK_FULL'), { kind: 'stop' }],
    ['met a defect', new TypeError('x is undefined'), { kind: 'stop' }],
    ['was cancelled by the operator', error('CANCELLED'), { kind: 'stop' }],
    ['went to a store of another contract', error('BAD_ARGUMENTS'), { kind: 'stop' }],
    [
      'has no data',
      refused(162, 'HMDS query returned no data'),
      { kind: 'noData', words: 'HMDS query returned no data' },
    ],
    ['came too fast', refused(162, 'pacing violation'), again(0)],
    ['met a competing session', refused(10_197), AGAIN_SOON],
    ['met another address', refused(162, 'connected from a different IP address'), AGAIN_SOON],
    ['is not permitted', refused(354), { kind: 'failSymbol' }],
    ['is for a contract that is not known', refused(200), { kind: 'failSymbol' }],
    ['is not allowed', refused(321), { kind: 'fail' }],
    ['was cancelled by TWS', refused(162, 'query cancelled'), again(2_000)],
    ['met a service that is away', refused(165), again(2_000)],
    ['met something new', refused(9_999), again(2_000)],
  ])('that %s', (_name, thrown, decision) => {
    expect(decide(thrown)).toEqual(decision)
  })

  test('whose connection nobody keeps up ends the run', () => {
    expect(decide(error('TWS_DISCONNECTED'), 1, { ...HELD, keepsTrying: false })).toEqual({ kind: 'stop' })
    // What TWS said is no matter of the connection.
    expect(decide(refused(165), 1, { ...HELD, keepsTrying: false })).toEqual(again(2_000))
  })
})

describe('the tries that are limited', () => {
  test.each([
    [1, again(2_000)],
    [2, again(4_000)],
    [3, again(8_000)],
    [4, { kind: 'fail' }],
  ])('after try %s', (attempt, decision) => {
    expect(decide(error('TWS_TIMEOUT'), attempt)).toEqual(decision)
    expect(decide(refused(9_999), attempt)).toEqual(decision)
  })

  test('never wait for more than two minutes', () => {
    const many = { retries: 50, retryDelayMs: 2_000 }
    expect(retryAfter(error('TWS_TIMEOUT'), 6, many, HELD)).toEqual(again(64_000))
    for (const attempt of [7, 8, 40, 50]) {
      expect(retryAfter(error('TWS_TIMEOUT'), attempt, many, HELD)).toEqual(again(120_000))
    }
  })

  test('do not count a lost connection or a competing session, however often', () => {
    expect(decide(error('TWS_DISCONNECTED'), 1_000)).toEqual(AGAIN_SOON)
    expect(decide(refused(10_197), 1_000)).toEqual(AGAIN_SOON)
  })

  test('are more for what was too fast, and not without end', () => {
    expect(decide(refused(162, 'pacing violation'), 30)).toEqual(again(0))
    expect(decide(refused(162, 'pacing violation'), 31)).toEqual({ kind: 'fail' })
  })

  test('do not count what fails because the service for history is away, however often', () => {
    const away = { ...HELD, isHistoryAway: true }
    for (const thrown of [refused(165), refused(9_999), error('TWS_TIMEOUT')]) {
      expect(decide(thrown, 1_000, away)).toEqual(AGAIN_SOON)
    }
    // What the broker says of the request itself stays said.
    expect(decide(refused(354), 1, away)).toEqual({ kind: 'failSymbol' })
    expect(decide(refused(162, 'HMDS query returned no data'), 1, away)).toMatchObject({ kind: 'noData' })
  })
})
