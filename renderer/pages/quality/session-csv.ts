import type { SessionReport } from '#shared/contract/quality.ts'
import { isoLocal, isoUtc } from '#shared/time.ts'
import { csvText } from '../../charts/csv-text.ts'
import { flagWords } from '../../wording/quality-words.ts'
import type { SessionMinute } from './session-minutes.ts'
import { isMissing } from './session-minutes.ts'

/** The minutes of a session as CSV: start of the bar in UTC and in the exchange's zone, prices and volume as exact as they are stored, marks. */
export function sessionCsv({ zone }: SessionReport, minutes: readonly SessionMinute[]): string {
  return csvText<SessionMinute>(
    [
      { header: 'bar start (UTC)', value: ({ ts }) => isoUtc(ts) },
      { header: `bar start (${zone})`, value: ({ ts }) => isoLocal(ts, zone) },
      { header: 'open (price)', value: ({ open }) => open },
      { header: 'high (price)', value: ({ high }) => high },
      { header: 'low (price)', value: ({ low }) => low },
      { header: 'close (price)', value: ({ close }) => close },
      { header: 'volume (shares)', value: ({ volume }) => volume },
      { header: 'marks', value: (minute) => (isMissing(minute) ? 'no bar' : flagWords(minute.flags)) },
    ],
    minutes,
  )
}
