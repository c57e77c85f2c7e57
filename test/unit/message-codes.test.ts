import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { classifyRefusal, farmNotice, meaningOf, portOfNotice1300, type Refusal } from '#shared/tws/message-codes.ts'

const WORDS = 'Historical Market Data Service error message:'

/** Texts as TWS sends them, with what they ask of a client. */
const REFUSALS: readonly (readonly [number, string, Refusal])[] = [
  [162, `${WORDS}Historical data request pacing violation`, 'pacing'],
  [162, `${WORDS}HMDS query returned no data: SPY@SMART Trades`, 'no-data'],
  [162, `${WORDS}HMDS QUERY RETURNED NO DATA: SPY`, 'no-data'],
  [162, `${WORDS}API historical data query cancelled: 4`, 'cancelled'],
  [162, `${WORDS}API historical data query canceled: 4`, 'cancelled'],
  [162, `${WORDS}Trading TWS session is connected from a different IP address`, 'competing-session'],
  [162, `${WORDS}No market data permissions for NYSE STK`, 'no-permission'],
  [162, `${WORDS}invalid step: 5 hours`, 'invalid'],
  [162, `${WORDS}Time length exceed max.`, 'invalid'],
  [162, `${WORDS}HMDS connection attempt failed. Connection to HMDS will be re-attempted on demand.`, 'service-down'],
  [162, `${WORDS}HMDS data farm connection is inactive but should be available upon demand.`, 'service-down'],
  [162, `${WORDS}No security definition has been found for the request`, 'unknown-contract'],
  [162, `${WORDS}something that nobody has seen yet`, 'transient'],
  [366, 'No historical data query found for ticker id:4', 'cancelled'],
  [100, 'Max rate of messages per second has been exceeded:max=50', 'pacing'],
  [420, 'Invalid Real-time Query:Historical data request pacing violation', 'pacing'],
  [420, 'Invalid Real-time Query:No market data permissions for ISLAND STK', 'no-permission'],
  [165, 'Historical Market Data Service query message:HMDS server disconnect occurred.', 'service-down'],
  [200, 'No security definition has been found for the request', 'unknown-contract'],
  [200, 'The contract description specified for SPY is ambiguous.', 'unknown-contract'],
  [200, 'returned no data', 'unknown-contract'],
  [203, 'The security SPY is not available or allowed for this account.', 'unknown-contract'],
  [320, 'Server error when reading an API client request.', 'invalid'],
  [321, 'Error validating request:-bW : cause - The API interface is currently in Read-Only mode.', 'invalid'],
  [322, 'Server error when processing an API client request.', 'transient'],
  [354, 'Requested market data is not subscribed.', 'no-permission'],
  [386, 'Duplicate ticker id for API historical data query.', 'transient'],
  [504, 'Not connected', 'service-down'],
  [10090, 'Part of requested market data is not subscribed.', 'no-permission'],
  [10167, 'Requested market data is not subscribed. Displaying delayed market data.', 'no-permission'],
  [10197, 'No market data during competing live session', 'competing-session'],
  [10225, 'Bust event occurred, current subscription is deactivated.', 'transient'],
  [10314, 'End Date/Time: The date, time, or time-zone entered is invalid.', 'invalid'],
  [99_999, 'anything', 'transient'],
]

test.each(REFUSALS)('the refusal %s "%s" is of the kind %s', (code, text, refusal) => {
  expect(classifyRefusal(code, text)).toBe(refusal)
})

describe('a notice about a data farm', () => {
  test.each([
    [2104, 'Market data farm connection is OK:usfarm', 'usfarm', 'market-data', 'ok'],
    [2104, 'Market data farm connection is OK:usfarm.nj', 'usfarm.nj', 'market-data', 'ok'],
    [2103, 'Market data farm connection is broken:usfuture', 'usfuture', 'market-data', 'broken'],
    [2106, 'HMDS data farm connection is OK:ushmds', 'ushmds', 'historical-data', 'ok'],
    [2105, 'HMDS data farm connection is broken:euhmds', 'euhmds', 'historical-data', 'broken'],
    [
      2107,
      'HMDS data farm connection is inactive but should be available upon demand.ushmds',
      'ushmds',
      'historical-data',
      'inactive',
    ],
    [
      2108,
      'Market data farm connection is inactive but should be available upon demand.usfarm.nj',
      'usfarm.nj',
      'market-data',
      'inactive',
    ],
    [2119, 'Market data farm is connecting:usfarm', 'usfarm', 'market-data', 'connecting'],
    [2157, 'Sec-def data farm connection is broken:secdefil', 'secdefil', 'security-definitions', 'broken'],
    [2158, 'Sec-def data farm connection is OK:secdefil', 'secdefil', 'security-definitions', 'ok'],
    [2105, 'HMDS data farm connection is broken', 'unnamed', 'historical-data', 'broken'],
  ] as const)('%s "%s" names %s', (code, text, name, kind, state) => {
    expect(farmNotice(code, text)).toEqual({ name, kind, state })
  })

  test.each([1100, 1102, 162, 2110, 2174])('is not %s', (code) => {
    expect(farmNotice(code, 'connection is OK:usfarm')).toBeUndefined()
  })
})

describe('the port of notice 1300', () => {
  const MOVED =
    'TWS socket port has been reset and this connection is being dropped. Please reconnect on the new port -'
  test.each([
    [`${MOVED} 7498`, 7498],
    [`${MOVED}4001.`, 4001],
    [`${MOVED} 65535`, 65_535],
    [`${MOVED} 70000`, undefined],
    [`${MOVED} 1234567`, undefined],
    [`${MOVED} 0`, undefined],
    ['TWS socket port has been reset.', undefined],
    ['', undefined],
  ])('in "%s" is %s', (text, port) => {
    expect(portOfNotice1300(text)).toBe(port)
  })
})

describe('what a code means', () => {
  /** The codes that docs/tws.md names. */
  const CODES = [
    100, 162, 165, 166, 200, 321, 322, 326, 354, 366, 386, 420, 502, 504, 507, 1100, 1101, 1102, 1300, 2103, 2104, 2105,
    2106, 2107, 2108, 2110, 2119, 2157, 2158, 2174, 10_090, 10_167, 10_197, 10_225, 10_314,
  ]

  test.each(CODES)('is told in a sentence for %s', (code) => {
    expect(meaningOf(code, '')).toMatch(/^[A-Z].*\.$/)
  })

  test('is not made up for codes that nothing is known about', () => {
    expect(meaningOf(99_999, 'anything')).toBeUndefined()
  })

  test('depends on the text of 162', () => {
    const meanings = REFUSALS.filter(([code]) => code === 162).map(([code, text]) => meaningOf(code, text))
    for (const meaning of meanings) expect(meaning).toMatch(/^[A-Z].*\.$/)
    // pacing, no data, cancelled, competing, no permission, invalid, and the rest.
    expect(new Set(meanings).size).toBe(7)
  })
})

const TRANSCRIPTS = fileURLToPath(new URL('../../../shared/data/ibkr_wire', import.meta.url))

/** Every system message of the recorded sessions. */
function recordedNotices(): [number, string][] {
  return readdirSync(TRANSCRIPTS)
    .filter((name) => name.endsWith('.txt'))
    .flatMap((name) => readFileSync(`${TRANSCRIPTS}/${name}`, 'utf8').split('\n'))
    .filter((line) => line.startsWith('server api_error '))
    .map((line) => JSON.parse(line.slice('server api_error '.length)) as { code: number; message: string })
    .map(({ code, message }) => [code, message])
}

test.skipIf(!existsSync(TRANSCRIPTS))('every notice of recorded sessions has a meaning, every farm a name', () => {
  const notices = recordedNotices()
  expect(notices.length).toBeGreaterThan(10)
  for (const [code, text] of notices) {
    expect(meaningOf(code, text), `${code} ${text}`).toBeDefined()
    const farm = farmNotice(code, text)
    if (farm !== undefined) expect(text.endsWith(farm.name), text).toBe(true)
  }
})
