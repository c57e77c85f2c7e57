import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Session } from '#shared/calendar/calendar.ts'
import { withSessionOverrides } from '#shared/calendar/session-overrides.ts'
import { builtIn } from './calendar-fixtures.ts'

const IDS = readdirSync(join(import.meta.dirname, '../../data/calendars')).map((name) => basename(name, '.yaml'))

describe.each(IDS)('%s', (id) => {
  const calendar = builtIn(id)
  const sessions = calendar.sessionsBetween(calendar.firstDate, calendar.lastDate)

  test('knows at least 2010 to 2030', () => {
    expect(calendar.firstDate <= '2010-01-01').toBe(true)
    expect(calendar.lastDate >= '2030-12-31').toBe(true)
  })

  test('its sessions ascend, do not overlap, are whole minutes and enclose their break', () => {
    const faults = sessions.filter((session, i) => {
      const { openTs, closeTs, breakStartTs, breakEndTs } = session
      const times = [openTs, breakStartTs, breakEndTs, closeTs].filter((ts) => ts !== null)
      const ascends = times.every((ts, k) => ts % 60 === 0 && (k === 0 || ts > times[k - 1]))
      const follows = i === 0 || (openTs >= sessions[i - 1].closeTs && session.date > sessions[i - 1].date)
      return !ascends || !follows || (breakStartTs === null) !== (breakEndTs === null)
    })
    expect(faults).toEqual([])
  })

  test('any instant of a session maps back to it', () => {
    const pick = fc.record({ index: fc.nat(sessions.length - 1), share: fc.double({ min: 0, max: 1, noNaN: true }) })
    fc.assert(
      fc.property(pick, ({ index, share }) => {
        const session = sessions[index]
        const inside = session.openTs + Math.floor(share * (session.closeTs - 1 - session.openTs))
        for (const ts of [session.openTs, inside, session.closeTs - 1]) {
          expect(calendar.sessionOfInstant(ts)).toBe(session)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('any instant, open or not, maps to the same session with an override elsewhere', () => {
    const far = sessions[0]
    const changed = withSessionOverrides(calendar, [{ date: far.date, hours: 'closed' }])
    const later = sessions.slice(2)
    const span = fc.integer({ min: later[0].openTs, max: later[later.length - 1].closeTs - 1 })
    fc.assert(
      fc.property(span, (ts) => {
        expect(changed.sessionOfInstant(ts)).toBe(calendar.sessionOfInstant(ts))
      }),
      { numRuns: 300 },
    )
  })

  test('with any hours inside a session as its override, instants map to it and the rest stays', () => {
    const cut = fc.record({ index: fc.integer({ min: 1, max: sessions.length - 2 }), from: fc.nat(30), to: fc.nat(30) })
    fc.assert(
      fc.property(cut, ({ index, from, to }) => {
        const session: Session = sessions[index]
        const hours = { openTs: session.openTs + 60 * from, closeTs: session.closeTs - 60 * to }
        const changed = withSessionOverrides(calendar, [{ date: session.date, hours }])
        const now = changed.session(session.date)!
        expect([now.openTs, now.closeTs, now.earlyClose]).toEqual([
          hours.openTs,
          hours.closeTs,
          to > 0 || session.earlyClose,
        ])
        for (const ts of [hours.openTs, hours.closeTs - 1]) expect(changed.sessionOfInstant(ts)).toBe(now)
        expect(changed.sessionsBetween(sessions[index - 1].date, sessions[index + 1].date)).toEqual([
          sessions[index - 1],
          now,
          sessions[index + 1],
        ])
      }),
      { numRuns: 100 },
    )
  })
})
