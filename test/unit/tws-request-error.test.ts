import { describe, expect, test } from 'vitest'
import { SwitchyardError } from '#shared/errors.ts'
import { TwsRequestError } from '#main/tws/tws-request-error.ts'

const WORDS = 'Historical Market Data Service error message:'

describe('what TWS refuses', () => {
  test('is told with its own code and words', () => {
    const error = new TwsRequestError(354, 'Requested market data is not subscribed.', 'SPY 2024-07-02')
    expect(error).toBeInstanceOf(SwitchyardError)
    expect(error).toMatchObject({
      code: 'TWS_REFUSED',
      twsCode: 354,
      twsMessage: 'Requested market data is not subscribed.',
    })
    expect(error.message).toBe('TWS refused SPY 2024-07-02: Requested market data is not subscribed. (code 354)')
    expect(error.hint).toBeDefined()
  })

  test('for a contract that it does not know is an unknown symbol', () => {
    const error = new TwsRequestError(200, 'No security definition has been found for the request', 'SPYY')
    expect(error.code).toBe('UNKNOWN_SYMBOL')
    expect(error.message).toContain('SPYY')
    expect(error.hint).toContain('switchyard.yaml')
  })

  test.each([
    [162, `${WORDS}HMDS query returned no data: SPY@SMART Trades`, true],
    [162, `${WORDS}HMDS QUERY RETURNED NO DATA: SPY`, true],
    [162, `${WORDS}Historical data request pacing violation`, false],
    [162, `${WORDS}API historical data query cancelled: 4`, false],
    [162, `${WORDS}Trading TWS session is connected from a different IP address`, false],
    [162, `${WORDS}invalid step: 5 hours`, false],
    [200, 'returned no data', false],
  ])('with code %s and "%s" means that there are no bars: %s', (code, message, isNoData) => {
    expect(new TwsRequestError(code, message, 'SPY').refusal === 'no-data').toBe(isNoData)
  })
})
