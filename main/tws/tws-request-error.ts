import { SwitchyardError } from '#shared/errors.ts'

/** TWS refused a request: its own code and words, and what they mean for the operator. */
export class TwsRequestError extends SwitchyardError {
  readonly twsCode: number
  readonly twsMessage: string

  constructor(twsCode: number, twsMessage: string, subject: string) {
    const unknownContract = twsCode === 200
    super(
      unknownContract ? 'UNKNOWN_SYMBOL' : 'TWS_REFUSED',
      unknownContract
        ? `TWS does not know ${subject}: ${twsMessage}`
        : `TWS refused ${subject}: ${twsMessage} (code ${twsCode})`,
      {
        hint: unknownContract
          ? 'Check symbol, exchange, currency and contract id in switchyard.yaml.'
          : 'The code is explained in the TWS API documentation. The run can be started again; it goes on where it stopped.',
      },
    )
    this.twsCode = twsCode
    this.twsMessage = twsMessage
  }

  /**
   * Whether TWS says that it has no bars for the range. Code 162 has several meanings that only its text tells apart
   * (pacing, cancelled by us, competing session, no data).
   */
  get isNoData(): boolean {
    return this.twsCode === 162 && /returned no data/i.test(this.twsMessage)
  }
}
