import { SwitchyardError } from '#shared/errors.ts'
import { classifyRefusal, type Refusal } from '#shared/tws/message-codes.ts'

/** TWS refused a request: its own code and words, and what they mean for the operator. */
export class TwsRequestError extends SwitchyardError {
  readonly twsCode: number
  readonly twsMessage: string
  readonly refusal: Refusal

  constructor(twsCode: number, twsMessage: string, subject: string) {
    const refusal = classifyRefusal(twsCode, twsMessage)
    const unknownContract = refusal === 'unknown-contract'
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
    this.refusal = refusal
  }
}

/** Whether a request may have failed only because a service of the broker is away. */
export function mayBeOfBrokenService(error: SwitchyardError): boolean {
  if (!(error instanceof TwsRequestError)) return error.code === 'TWS_TIMEOUT'
  return error.refusal === 'service-down' || error.refusal === 'transient'
}
