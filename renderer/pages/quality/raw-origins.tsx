import type { RawOrigin } from '#shared/contract/quality.ts'
import { StateMark } from '../../components/state-mark.tsx'
import { formatLocalMoment, formatZoneClock, formatZoneDate, LOCAL_ZONE, zoneName } from '../../format/times.ts'
import { outcomeWords, requestWords } from '../../wording/fetch-words.ts'
import classes from './raw-origins.module.css'

interface RawOriginsProps {
  readonly origins: readonly RawOrigin[]
  readonly zone: string
}

/** The raw responses that hold a minute, each with the request that asked for it. */
export function RawOrigins({ origins, zone }: RawOriginsProps) {
  if (origins.length === 0) return <p className={classes.none}>No stored response holds this minute.</p>
  return (
    <ul className={classes.list} aria-label="Responses that hold the minute">
      {origins.map((origin) => (
        <li key={origin.responseId} className={classes.origin}>
          <span>
            <b>Response {origin.responseId}</b>, {formatLocalMoment(origin.receivedAtMs)} {LOCAL_ZONE}
          </span>
          <StateMark kind={origin.used ? 'pass' : 'none'} word={origin.used ? 'Used' : 'Not used'} />
          <span className={classes.request}>{askedWords(origin, zone)}</span>
          <Outcome origin={origin} />
          {origin.scale !== undefined && (
            <span className={classes.words}>
              Converted to today’s basis: prices times {origin.scale.price}, volumes times {origin.scale.volume}.
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}

function Outcome({ origin: { request } }: { readonly origin: RawOrigin }) {
  return (
    <>
      <StateMark {...outcomeWords(request.outcome)} />
      {(request.code !== undefined || request.message !== undefined) && (
        <span className={classes.words}>
          {request.code !== undefined && <b>{request.code} </b>}
          {request.message}
        </span>
      )}
    </>
  )
}

/** `Request 7, first fetch: 5 D of 1 min TRADES, regular hours, to 2024-11-29 13:00 ET`. */
function askedWords({ requestId, request }: RawOrigin, zone: string): string {
  const { attempt, barSize, whatToShow, useRth, endTs, duration } = request
  const attempts = attempt > 1 ? `, try ${attempt}` : ''
  const end = `${formatZoneDate(endTs, zone)} ${formatZoneClock(endTs, zone)} ${zoneName(zone)}`
  const hours = useRth ? 'regular hours' : 'all hours'
  return `Request ${requestId}, ${requestWords(request).toLowerCase()}${attempts}: ${duration} of ${barSize} ${whatToShow}, ${hours}, to ${end}`
}
