import { z } from 'zod'

/** An IANA time zone that this runtime knows. */
export const zoneNameSchema = z.string().refine(isZone, { error: 'must be an IANA time zone such as America/New_York' })

/** Whether this runtime knows a time zone of that name. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
