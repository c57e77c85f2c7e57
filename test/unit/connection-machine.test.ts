import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SwitchyardError } from '#shared/errors.ts'
import { delayBeforeAttempt } from '#main/tws/connection/reconnect-delay.ts'
import { Drive, SETTINGS } from './connection-fixtures.ts'

const broken = (message = 'gone') =>
  ({ kind: 'broken', error: new SwitchyardError('TWS_DISCONNECTED', message) }) as const
const notice = (code: number, text = '') => ({ kind: 'notice', code, text }) as const

const MINUTE = 60_000

/** A drive in which nobody listens for signs of life. */
const quietDrive = (change: Partial<typeof SETTINGS> = {}): Drive =>
  new Drive({ heartbeat: { intervalMs: 24 * 3_600_000, timeoutMs: 5_000 }, ...change })

describe('a connection that is asked for', () => {
  test('is ready only when TWS has sent its next valid id', () => {
    const drive = new Drive()
    expect(drive.status.phase).toBe('disconnected')
    expect(drive.send({ kind: 'connect', persistent: false })).toEqual(['open'])
    expect(drive.opens[0].open).toEqual({ kind: 'open', generation: 1, host: '127.0.0.1', port: 7497, clientId: 17 })
    const phases = [drive.status.phase]
    for (const event of [
      { kind: 'opened' },
      { kind: 'version', serverVersion: 178 },
      { kind: 'heard' },
      { kind: 'accounts', accounts: ['DU1'] },
    ] as const) {
      expect(drive.send(event)).toEqual([])
      expect(drive.maySend).toBe(false)
      phases.push(drive.status.phase)
    }
    expect(phases).toEqual(['connecting', 'handshaking', 'handshaking', 'handshaking', 'handshaking'])
    expect(drive.send({ kind: 'started' })).toEqual([])
    expect(drive.status.phase).toBe('ready')
    expect(drive.maySend).toBe(true)
    expect(drive.shown).toMatchObject({ state: 'ready', serverVersion: 178, accounts: ['DU1'], attempts: 1 })
  })

  test('is not ready a second time when TWS repeats its next valid id', () => {
    const drive = new Drive().ready()
    expect(drive.send({ kind: 'started' })).toEqual([])
  })

  test('is asked for again without a second socket', () => {
    const drive = new Drive()
    drive.send({ kind: 'connect', persistent: false })
    expect(drive.send({ kind: 'connect', persistent: true })).toEqual([])
    drive.send({ kind: 'opened' })
    expect(drive.send({ kind: 'connect', persistent: false })).toEqual([])
    drive.handshake()
    expect(drive.send({ kind: 'connect', persistent: false })).toEqual([])
    expect(drive.opens).toHaveLength(1)
  })

  test.each([
    ['connecting', false, 'Nothing at 127.0.0.1:7497 accepted the connection in time.'],
    ['handshaking', true, '127.0.0.1:7497 accepts connections, but did not finish the TWS handshake in time.'],
  ])('is given up when %s takes longer than the time allowed', (phase, opened, words) => {
    const drive = new Drive()
    drive.send({ kind: 'connect', persistent: false })
    if (opened) drive.send({ kind: 'opened' })
    expect(drive.until(9_999)).toEqual([])
    expect(drive.status.phase).toBe(phase)
    expect(drive.until(10_000)).toEqual(['close', 'failOpen', 'failWaiting'])
    expect(drive.errorOf('failWaiting')).toMatchObject({ code: 'TWS_TIMEOUT', message: words })
    expect(drive.shown).toMatchObject({ state: 'disconnected', message: words })
  })

  test('has the whole time from the socket to the next valid id, not one for each', () => {
    const drive = new Drive()
    drive.send({ kind: 'connect', persistent: false })
    drive.until(9_000)
    drive.send({ kind: 'opened' })
    drive.until(10_000)
    expect(drive.status.phase).toBe('disconnected')
  })

  test('fails at once when its first attempt fails and nobody waits for TWS', () => {
    const drive = new Drive()
    drive.send({ kind: 'connect', persistent: false })
    const refused = new SwitchyardError('TWS_UNREACHABLE', 'Nothing answers.', { hint: 'Start TWS.' })
    expect(drive.send({ kind: 'broken', error: refused })).toEqual(['close', 'failOpen', 'failWaiting'])
    expect(drive.errorOf('failWaiting')).toBe(refused)
    drive.send({ kind: 'closed' })
    drive.until(24 * 3_600_000)
    expect(drive.opens).toHaveLength(1)
    expect(drive.status.phase).toBe('disconnected')
  })

  test('is tried again and again when somebody waits for TWS', () => {
    const drive = new Drive()
    drive.send({ kind: 'connect', persistent: true })
    for (let attempt = 1; attempt <= 5; attempt++) {
      expect(drive.opens).toHaveLength(attempt)
      expect(drive.lose()).toEqual(['close', 'failOpen'])
      expect(drive.shown).toMatchObject({ state: 'reconnecting', attempts: attempt })
      drive.retry()
    }
    drive.handshake()
    expect(drive.status.phase).toBe('ready')
  })

  test('that begins as one attempt goes on when somebody joins who waits for TWS', () => {
    const drive = new Drive()
    drive.send({ kind: 'connect', persistent: false })
    drive.send({ kind: 'connect', persistent: true })
    drive.lose()
    expect(drive.status.phase).toBe('reconnecting')
  })
})

describe('a connection that was lost', () => {
  test('is restored by itself, and what was open ends with a reason that lets it be made again', () => {
    const drive = new Drive().ready()
    expect(drive.lose('TWS closed the connection.')).toEqual(['close', 'failOpen'])
    drive.retry().handshake()
    expect(drive.opens).toHaveLength(2)
    expect(drive.shown.state).toBe('ready')
  })

  test('ends open requests with its own reason as their cause', () => {
    const drive = new Drive().ready()
    drive.send(broken('TWS closed the connection.'))
    const error = drive.errorOf('failOpen')
    expect(error).toMatchObject({ code: 'TWS_DISCONNECTED', message: 'TWS closed the connection.' })
    expect(error.cause).toBeInstanceOf(SwitchyardError)
    expect(drive.maySend).toBe(false)
    expect(drive.shown).toMatchObject({ accounts: [], farms: [] })
    expect(drive.shown.serverVersion).toBeUndefined()
  })

  test('is opened anew only when the old link is gone, however long that takes', () => {
    const drive = new Drive().ready()
    drive.send(broken())
    drive.until(5 * MINUTE)
    expect(drive.opens).toHaveLength(1)
    expect(drive.send({ kind: 'closed' })).toEqual(['open'])
    expect(drive.opens[1].open.generation).toBe(2)
  })

  test('is opened anew after the wait when the old link is gone before', () => {
    const drive = new Drive().ready()
    drive.random = 1
    drive.lose()
    const retryAtMs = drive.status.retryAtMs ?? NaN
    expect(retryAtMs).toBeGreaterThan(0)
    drive.until(retryAtMs - 1)
    expect(drive.opens).toHaveLength(1)
    expect(drive.shown.retryAtMs).toBe(retryAtMs)
    drive.until(retryAtMs)
    expect(drive.opens).toHaveLength(2)
    expect(drive.shown.retryAtMs).toBeUndefined()
  })

  test('is not touched by what the old link still says', () => {
    const drive = new Drive().ready()
    drive.lose()
    drive.retry()
    expect(drive.status).toMatchObject({ phase: 'connecting', generation: 2 })
    const before = drive.status
    for (const event of [
      { kind: 'opened' },
      { kind: 'version', serverVersion: 1 },
      { kind: 'accounts', accounts: ['X'] },
      { kind: 'started' },
      notice(1100),
      notice(326),
      broken(),
      { kind: 'closed' },
      { kind: 'heard' },
    ] as const) {
      expect(drive.sendAs({ ...event, generation: 1 })).toEqual([])
      expect(drive.status).toBe(before)
    }
  })

  test('is tried at once when somebody asks for it', () => {
    const drive = new Drive().ready()
    drive.lose()
    expect(drive.send({ kind: 'connect', persistent: false })).toEqual(['open'])
  })

  test('is not tried before its old link is gone, even when somebody asks', () => {
    const drive = new Drive().ready()
    drive.send(broken())
    expect(drive.send({ kind: 'connect', persistent: true })).toEqual([])
    drive.until(MINUTE)
    expect(drive.send({ kind: 'closed' })).toEqual(['open'])
  })

  test('is given up after the time allowed, and everything that waits is told why', () => {
    const drive = quietDrive({ reconnect: { ...SETTINGS.reconnect, giveUpAfterMs: 100_000 } }).ready()
    drive.until(70_000)
    const lostMs = drive.nowMs
    drive.lose()
    for (let guard = 0; drive.status.phase !== 'disconnected'; guard++) {
      expect(guard).toBeLessThan(50)
      drive.retry()
      drive.send(broken(`attempt at ${drive.nowMs}`))
      const kinds = drive.effects.map(({ kind }) => kind)
      expect(kinds.includes('failWaiting')).toBe(drive.nowMs - lostMs >= 100_000)
      drive.send({ kind: 'closed' })
    }
    // 1 + 2 + 4 + 8 + 16 + 32 = 63 s, then the wait of a minute ends behind the 100th second.
    expect(drive.nowMs - lostMs).toBe(123_000)
    expect(drive.shown.message).toBe(`attempt at ${drive.nowMs}`)
    drive.until(drive.nowMs + 24 * 3_600_000)
    expect(drive.opens).toHaveLength(8)
    expect(drive.send({ kind: 'connect', persistent: false })).toEqual(['open'])
    expect(drive.status.attempts).toBe(1)
  })
})

describe('the wait before an attempt', () => {
  test.each([
    [1, 0, 500],
    [1, 1, 1_000],
    [2, 0, 1_000],
    [2, 0.5, 1_500],
    [2, 1, 2_000],
    [6, 1, 32_000],
    [7, 0, 30_000],
    [7, 1, 60_000],
    [400, 1, 60_000],
  ])('%s with a jitter of %s is %s ms', (attempt, random, expected) => {
    expect(delayBeforeAttempt(attempt, SETTINGS.reconnect, random)).toBe(expected)
  })

  test('lies between half and all of what doubles up to the ceiling', () => {
    const delays = fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 100_000 }))
    fc.assert(
      fc.property(delays, fc.integer({ min: 1, max: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (d, n, r) => {
        let full = d[0]
        for (let i = 1; i < n && full < d[1]; i++) full *= 2
        full = Math.min(full, d[1])
        const delay = delayBeforeAttempt(n, { initialDelayMs: d[0], maxDelayMs: d[1] }, r)
        expect(delay).toBeGreaterThanOrEqual(Math.floor(full / 2))
        expect(delay).toBeLessThanOrEqual(full)
      }),
    )
  })

  /** The waits before the next attempts when each fails as soon as it is made. */
  function waits(drive: Drive, count: number): number[] {
    return Array.from({ length: count }, () => {
      drive.lose()
      const lostMs = drive.nowMs
      drive.retry()
      return drive.nowMs - lostMs
    })
  }

  test('doubles from one failure to the next after a loss, up to the ceiling', () => {
    const drive = quietDrive().ready()
    drive.until(SETTINGS.reconnect.stableAfterMs)
    expect(waits(drive, 9)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  test('goes on growing when TWS accepts every connection and drops it before it is stable', () => {
    const drive = new Drive().ready()
    const grown: number[] = []
    for (let i = 0; i < 5; i++) {
      grown.push(...waits(drive, 1))
      drive.handshake()
      drive.until(drive.nowMs + 1_000)
    }
    expect(grown).toEqual([2_000, 4_000, 8_000, 16_000, 32_000])
  })

  test('is short again after a connection that was stable', () => {
    const drive = quietDrive().ready()
    waits(drive, 5)
    drive.handshake()
    expect(drive.status.attempts).toBe(6)
    drive.until(drive.nowMs + SETTINGS.reconnect.stableAfterMs - 1)
    expect(drive.status.attempts).toBe(6)
    drive.until(drive.nowMs + 1)
    expect(drive.status.attempts).toBe(0)
    expect(waits(drive, 1)).toEqual([1_000])
  })
})

describe('a client id that is in use', () => {
  const IN_USE = notice(326, 'Unable to connect as the client id is already in use.')

  test('is followed by the next ones in turn, each on a new link, without a wait', () => {
    const drive = new Drive()
    drive.send({ kind: 'connect', persistent: false })
    drive.send({ kind: 'opened' })
    expect(drive.send(IN_USE)).toEqual(['close'])
    expect(drive.shown).toMatchObject({ state: 'reconnecting', message: 'Client id 17 is in use; trying 18.' })
    expect(drive.send(broken())).toEqual([])
    expect(drive.send({ kind: 'closed' })).toEqual(['open'])
    drive.send({ kind: 'opened' })
    drive.send(IN_USE)
    drive.send({ kind: 'closed' })
    expect(drive.opens.map(({ open }) => open.clientId)).toEqual([17, 18, 19])
    drive.handshake()
    expect(drive.shown).toMatchObject({ state: 'ready', clientId: 19, attempts: 1 })
    expect(drive.nowMs).toBe(0)
  })

  test('and all the others too end the attempt with all ids named', () => {
    const drive = new Drive()
    drive.send({ kind: 'connect', persistent: false })
    for (let i = 0; i < 2; i++) {
      drive.send({ kind: 'opened' })
      drive.send(IN_USE)
      drive.send({ kind: 'closed' })
    }
    drive.send({ kind: 'opened' })
    expect(drive.send(IN_USE)).toEqual(['close', 'failOpen', 'failWaiting'])
    expect(drive.errorOf('failWaiting')).toMatchObject({
      code: 'TWS_REFUSED',
      message: 'TWS already has clients with the ids 17 to 19.',
    })
    drive.send({ kind: 'closed' })
    expect(drive.opens).toHaveLength(3)
    // The next attempt begins with the configured one.
    drive.send({ kind: 'connect', persistent: false })
    expect(drive.opens[3].open.clientId).toBe(17)
  })

  test('is named alone when only one may be tried', () => {
    const drive = new Drive({ clientIdAttempts: 1 })
    drive.send({ kind: 'connect', persistent: false })
    drive.send({ kind: 'opened' })
    drive.send(IN_USE)
    expect(drive.errorOf('failWaiting').message).toBe('TWS already has clients with the id 17.')
  })

  test('begins the turn anew after a wait when somebody waits for TWS', () => {
    const drive = new Drive()
    drive.send({ kind: 'connect', persistent: true })
    for (let i = 0; i < 3; i++) {
      drive.send({ kind: 'opened' })
      drive.send(IN_USE)
      drive.send({ kind: 'closed' })
    }
    expect(drive.status.phase).toBe('reconnecting')
    expect(drive.opens).toHaveLength(3)
    drive.until(MINUTE)
    expect(drive.opens[3].open.clientId).toBe(17)
    expect(drive.opens[3].atMs).toBeGreaterThanOrEqual(1_000)
  })

  test('after a loss is followed by those that were not tried, the first ones last', () => {
    const drive = new Drive()
    drive.send({ kind: 'connect', persistent: false })
    drive.send({ kind: 'opened' })
    drive.send(IN_USE)
    drive.send({ kind: 'closed' })
    drive.handshake()
    drive.lose()
    drive.retry()
    for (let i = 0; i < 2; i++) {
      drive.send({ kind: 'opened' })
      drive.send(IN_USE)
      drive.send({ kind: 'closed' })
    }
    expect(drive.opens.map(({ open }) => open.clientId)).toEqual([17, 18, 18, 19, 17])
  })

  test.each(['ready', 'disconnected', 'stopped'] as const)('is no news to a connection that is %s', (phase) => {
    const drive = new Drive().ready()
    if (phase === 'disconnected') drive.send({ kind: 'disconnect' })
    if (phase === 'stopped') drive.send({ kind: 'stop' })
    expect(drive.send(IN_USE)).toEqual([])
    expect(drive.status).toMatchObject({ phase, clientId: 17 })
  })
})

describe('the link between TWS and the broker', () => {
  test.each([1100, 2110])('when it is lost (%s), holds requests and their clocks', (code) => {
    const drive = new Drive().ready()
    expect(drive.send(notice(code))).toEqual(['holdClocks'])
    expect(drive.maySend).toBe(false)
    expect(drive.status.phase).toBe('ready')
    expect(drive.send(notice(1100))).toEqual([])
    expect(drive.send(notice(2110))).toEqual([])
    expect(drive.shown).toMatchObject({
      state: 'degraded',
      message: 'TWS has lost its connection to the broker.',
      consequence: 'Requests wait. They go on, or are made again, when TWS is connected again.',
    })
  })

  test('when it is back without its data (1101), ends what is open and lets requests out', () => {
    const drive = new Drive().ready()
    drive.send(notice(1100))
    expect(drive.send(notice(1101))).toEqual(['releaseClocks', 'failOpen'])
    expect(drive.errorOf('failOpen').code).toBe('TWS_DISCONNECTED')
    expect(drive.maySend).toBe(true)
    expect(drive.shown.state).toBe('ready')
  })

  test('when it is back with its data (1102), lets what is open go on', () => {
    const drive = new Drive().ready()
    drive.send(notice(2110))
    expect(drive.send(notice(1102))).toEqual(['releaseClocks'])
    expect(drive.maySend).toBe(true)
  })

  test('is forgotten with the connection to TWS', () => {
    const drive = new Drive().ready()
    drive.send(notice(1100))
    drive.lose()
    drive.retry().handshake()
    expect(drive.maySend).toBe(true)
  })
})

describe('a port that moves', () => {
  const MOVED = notice(
    1300,
    'TWS socket port has been reset and this connection is being dropped. Please reconnect on the new port - 7498',
  )

  test('is where the next link goes', () => {
    const drive = new Drive().ready()
    drive.send(MOVED)
    expect(drive.status.phase).toBe('ready')
    drive.lose()
    drive.retry()
    expect(drive.opens.map(({ open }) => open.port)).toEqual([7497, 7498])
    expect(drive.shown.port).toBe(7498)
  })

  test('stays where it was when the notice names none', () => {
    const drive = new Drive().ready()
    drive.send(notice(1300, 'TWS socket port has been reset.'))
    expect(drive.status.port).toBe(7497)
  })
})

describe('data farms', () => {
  const farm = (code: number, name: string) => notice(code, `farm connection:${name}`)

  test('are listed by name and kind with the time of their last change', () => {
    const drive = new Drive().ready()
    drive.send(farm(2104, 'usfarm'))
    drive.until(1_000)
    drive.send(farm(2106, 'ushmds'))
    drive.send(farm(2104, 'usfarm'))
    drive.send(farm(2158, 'secdefil'))
    drive.until(2_000)
    drive.send(farm(2103, 'usfarm'))
    expect(drive.shown.farms).toEqual([
      { name: 'usfarm', kind: 'market-data', state: 'broken', sinceMs: 2_000 },
      { name: 'ushmds', kind: 'historical-data', state: 'ok', sinceMs: 1_000 },
      { name: 'secdefil', kind: 'security-definitions', state: 'ok', sinceMs: 1_000 },
    ])
  })

  test('of history do not stop requests as long as one of them is there', () => {
    const drive = new Drive().ready()
    drive.send(farm(2106, 'ushmds'))
    drive.send(farm(2105, 'euhmds'))
    expect(drive.maySend).toBe(true)
    expect(drive.shown).toMatchObject({
      state: 'degraded',
      message: "The broker's data farm euhmds is not connected.",
      consequence: 'Bars can be fetched; contracts may not be resolved until the farm is back.',
    })
    drive.send(farm(2105, 'ushmds'))
    expect(drive.maySend).toBe(false)
    expect(drive.shown).toMatchObject({
      message: "The broker's data farms ushmds, euhmds are not connected.",
      consequence: 'Requests for history wait until the farm is back; one is tried every five minutes.',
    })
    drive.send(farm(2106, 'euhmds'))
    expect(drive.maySend).toBe(true)
  })

  test('of history that are all away are tried after five minutes, and are there when they answer', () => {
    const drive = quietDrive().ready()
    drive.send(farm(2105, 'ushmds'))
    drive.until(5 * MINUTE - 1)
    expect(drive.maySend).toBe(false)
    drive.until(5 * MINUTE)
    expect(drive.maySend).toBe(true)
    drive.send({ kind: 'historyAnswered' })
    expect(drive.shown).toMatchObject({ state: 'ready', farms: [{ name: 'ushmds', state: 'ok', sinceMs: 300_000 }] })
    drive.until(6 * MINUTE)
    expect(drive.maySend).toBe(true)
  })

  test('of history that stay away are tried every five minutes, not by all at once', () => {
    const drive = quietDrive().ready()
    drive.send({ kind: 'historyFailed' })
    expect(drive.maySend).toBe(true)
    drive.send(farm(2105, 'ushmds'))
    drive.until(5 * MINUTE)
    drive.send({ kind: 'historyFailed' })
    expect(drive.maySend).toBe(false)
    drive.until(10 * MINUTE - 1)
    expect(drive.maySend).toBe(false)
    drive.until(10 * MINUTE)
    expect(drive.maySend).toBe(true)
    drive.send(farm(2106, 'ushmds'))
    drive.send(farm(2105, 'ushmds'))
    // A new outage counts from its own begin.
    drive.until(15 * MINUTE)
    expect(drive.maySend).toBe(true)
  })

  test.each([
    [2107, 'inactive'],
    [2119, 'connecting'],
    [2108, 'inactive'],
  ] as const)('that are only asleep or on their way (%s) stop nothing', (code, state) => {
    const drive = new Drive().ready()
    drive.send(farm(code, 'afarm'))
    expect(drive.shown).toMatchObject({ state: 'ready', farms: [{ state }] })
    expect(drive.maySend).toBe(true)
  })

  test.each([
    [2103, 'History can be fetched; live bars may stop until the farm is back.'],
    [2157, 'Bars can be fetched; contracts may not be resolved until the farm is back.'],
  ])('of other data (%s) do not stop history', (code, consequence) => {
    const drive = new Drive().ready()
    drive.send(farm(code, 'afarm'))
    expect(drive.maySend).toBe(true)
    expect(drive.shown).toMatchObject({ state: 'degraded', consequence })
  })
})

describe('a competing session', () => {
  test.each([
    ['a notice', notice(10197, 'No market data during competing live session')],
    ['a refused request', { kind: 'competingSession' } as const],
  ])('seen by %s keeps requests back for a minute', (_name, event) => {
    const drive = quietDrive().ready()
    drive.send(event)
    expect(drive.maySend).toBe(false)
    expect(drive.shown).toMatchObject({
      state: 'degraded',
      message: 'Another session of the same user holds the market data.',
      consequence: 'Requests are tried again every minute until that session ends.',
    })
    drive.until(MINUTE - 1)
    expect(drive.maySend).toBe(false)
    drive.until(MINUTE)
    expect(drive.maySend).toBe(true)
    expect(drive.shown.state).toBe('ready')
  })

  test('is over when an answer comes', () => {
    const drive = new Drive().ready()
    drive.send({ kind: 'competingSession' })
    drive.send({ kind: 'historyAnswered' })
    expect(drive.maySend).toBe(true)
  })
})

describe('a silent TWS', () => {
  test('is asked for its time, and taken as frozen when it does not answer', () => {
    const drive = new Drive().ready()
    expect(drive.until(14_999)).toEqual([])
    expect(drive.until(15_000)).toEqual(['probe'])
    expect(drive.until(19_999)).toEqual([])
    expect(drive.until(20_000)).toEqual(['close', 'failOpen'])
    expect(drive.errorOf('failOpen').message).toBe(
      'TWS at 127.0.0.1:7497 has said nothing for 20 s and does not answer: it is taken as frozen.',
    )
    expect(drive.status.phase).toBe('reconnecting')
  })

  test('that answers is asked again only after the next silence', () => {
    const drive = new Drive().ready()
    drive.until(15_000)
    drive.until(16_000)
    drive.send({ kind: 'heard' })
    expect(drive.until(30_999)).toEqual([])
    expect(drive.until(31_000)).toEqual(['probe'])
  })

  test('that says anything is not asked', () => {
    const drive = new Drive().ready()
    for (let atMs = 10_000; atMs <= 200_000; atMs += 10_000) {
      expect(drive.until(atMs)).toEqual([])
      drive.send(atMs % 20_000 === 0 ? { kind: 'heard' } : notice(2104, 'OK:usfarm'))
    }
  })

  test('is watched also while it has no connection to the broker', () => {
    const drive = new Drive().ready()
    drive.send(notice(1100))
    drive.until(20_000)
    expect(drive.status.phase).toBe('reconnecting')
  })
})

describe('an end that is asked for', () => {
  test.each([
    ['disconnect', 'disconnected', 'Disconnected by the operator.'],
    ['stop', 'stopped', 'The engine is closing.'],
  ] as const)('by %s closes the link and tells everything that waits', (kind, phase, words) => {
    const drive = new Drive().ready()
    expect(drive.send({ kind })).toEqual(['close', 'failOpen', 'failWaiting'])
    expect(drive.errorOf('failWaiting')).toMatchObject({ code: 'TWS_DISCONNECTED', message: words })
    drive.send({ kind: 'closed' })
    drive.until(24 * 3_600_000)
    expect(drive.status.phase).toBe(phase)
    expect(drive.opens).toHaveLength(1)
  })

  test('ends the waiting for the next attempt too', () => {
    const drive = new Drive().ready()
    drive.lose()
    expect(drive.send({ kind: 'disconnect' })).toEqual(['failOpen', 'failWaiting'])
    drive.until(24 * 3_600_000)
    expect(drive.opens).toHaveLength(1)
  })

  test('of a connection that is made again before the old link is gone waits for it', () => {
    const drive = new Drive().ready()
    drive.send({ kind: 'disconnect' })
    expect(drive.send({ kind: 'connect', persistent: false })).toEqual([])
    expect(drive.shown.message).toBe('Waiting for the old connection to close.')
    expect(drive.send({ kind: 'closed' })).toEqual(['open'])
    drive.handshake()
    expect(drive.status.phase).toBe('ready')
  })

  test('for good cannot be taken back', () => {
    const drive = new Drive().ready()
    drive.send({ kind: 'stop' })
    drive.send({ kind: 'closed' })
    expect(drive.send({ kind: 'connect', persistent: true })).toEqual([])
    expect(drive.send({ kind: 'disconnect' })).toEqual([])
    expect(drive.send({ kind: 'connect', persistent: true })).toEqual([])
    expect(drive.status.phase).toBe('stopped')
  })
})

describe('what the operator reads', () => {
  test('of a connection that nobody asked for', () => {
    expect(new Drive().shown).toEqual({
      state: 'disconnected',
      host: '127.0.0.1',
      port: 7497,
      clientId: 17,
      accounts: [],
      message: 'Not connected. A run connects by itself.',
      consequence: 'Nothing is fetched until a run starts or you connect.',
      sinceMs: 0,
      farms: [],
      attempts: 0,
    })
  })

  test('of a connection that is being made', () => {
    const drive = new Drive()
    drive.until(500)
    drive.send({ kind: 'connect', persistent: false })
    const consequence = 'Requests wait until TWS is ready.'
    const message = 'Connecting to TWS at 127.0.0.1:7497.'
    expect(drive.shown).toMatchObject({ state: 'connecting', message, consequence, sinceMs: 500 })
    drive.send({ kind: 'opened' })
    expect(drive.shown).toMatchObject({
      state: 'handshaking',
      message: 'Waiting for TWS at 127.0.0.1:7497 to finish the handshake.',
      consequence,
    })
    drive.send({ kind: 'started' })
    expect(drive.shown).toMatchObject({
      state: 'ready',
      message: 'Connected to TWS at 127.0.0.1:7497.',
      consequence: 'Requests go out.',
    })
  })

  test('of one that was lost, and of one that is expected back', () => {
    const restartEndsAt = (nowMs: number): number | undefined => (nowMs < 600_000 ? 600_000 : undefined)
    const drive = new Drive({ restartEndsAt }).ready()
    drive.until(10_000)
    drive.lose('TWS closed the connection.')
    expect(drive.shown).toMatchObject({
      state: 'reconnecting',
      message: 'TWS closed the connection. TWS restarts every day about now and should be back within 10 min.',
      consequence:
        'What is stored stays. Requests wait and go out by themselves when TWS is back; those without an answer are made again.',
    })
    drive.nowMs = 600_000
    expect(drive.shown.message).toBe('TWS closed the connection.')
  })

  test('of one that has ended', () => {
    const drive = new Drive().ready()
    drive.send({ kind: 'stop' })
    expect(drive.shown).toMatchObject({
      state: 'stopped',
      message: 'The engine is closing.',
      consequence: 'Runs go on after the next start.',
    })
  })
})

describe('whatever happens', () => {
  const codes = fc.constantFrom(326, 1100, 1101, 1102, 1300, 2103, 2104, 2105, 2106, 2110, 10197, 10225)
  const happening = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 90_000 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('connect', 'keep', 'broken', 'gone') }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('opened', 'started', 'heard', 'competing', 'answered') }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('disconnect', 'stale', 'opened late') }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('notice' as const), code: codes }) },
  )
  const story = fc.array(happening, { maxLength: 60 })

  type Happening = { readonly do: string; readonly ms?: number; readonly code?: number }

  function happen(drive: Drive, what: Happening): void {
    const { generation } = drive.status
    switch (what.do) {
      case 'wait':
        drive.until(drive.nowMs + (what.ms ?? 0))
        return
      case 'connect':
      case 'keep':
        drive.send({ kind: 'connect', persistent: what.do === 'keep' })
        return
      case 'disconnect':
        drive.send({ kind: 'disconnect' })
        return
      case 'stale':
        drive.sendAs({ ...broken(), generation: generation - 1 })
        drive.sendAs({ kind: 'started', generation: generation - 1 })
        return
      // A link ends only when the machine has asked for it.
      case 'gone':
        closeAll(drive)
        return
      case 'competing':
        drive.send({ kind: 'competingSession' })
        return
      case 'answered':
        drive.send({ kind: 'historyAnswered' })
        return
      case 'broken':
        if (drive.links.size > 0) drive.send(broken())
        return
      case 'notice':
        drive.send(notice(what.code ?? 0, what.code === 1300 ? 'new port - 7500' : 'x:hmds1'))
        return
      default:
        if (drive.links.size > 0)
          drive.send({ kind: what.do === 'opened late' ? 'opened' : what.do } as { kind: 'opened' })
    }
  }

  test('there are never two links, and none is opened while one is there', () => {
    // The drive itself throws when one is opened beside another, or a link is closed that is not open.
    fc.assert(
      fc.property(story, fc.double({ min: 0, max: 1, noNaN: true }), (happenings, random) => {
        const drive = new Drive()
        drive.random = random
        for (const what of happenings) {
          const { hasLink } = drive.status
          const opened = drive.opens.length
          happen(drive, what)
          if (hasLink && what.do !== 'gone') expect(drive.opens).toHaveLength(opened)
          expect(drive.status.hasLink).toBe(drive.links.size === 1)
          expect(drive.maySend && drive.status.phase !== 'ready').toBe(false)
        }
      }),
      { numRuns: 400 },
    )
  })

  test('it is ready again when the peer behaves from some point on', () => {
    fc.assert(
      fc.property(story, (happenings) => {
        const drive = new Drive()
        for (const what of happenings) happen(drive, what)
        drive.send({ kind: 'connect', persistent: true })
        const endMs = drive.nowMs + 10 * MINUTE
        while (drive.nowMs < endMs && !(drive.status.phase === 'ready' && drive.maySend)) {
          closeAll(drive)
          if (drive.status.phase === 'connecting' || drive.status.phase === 'handshaking') drive.handshake()
          if (drive.status.phase === 'ready') {
            drive.send({ kind: 'heard' })
            if (drive.status.brokerLostSinceMs !== undefined) drive.send(notice(1102))
            drive.send(notice(2106, 'OK:hmds1'))
          }
          drive.until(drive.nowMs + 1_000)
        }
        expect(drive.status.phase).toBe('ready')
        expect(drive.maySend).toBe(true)
      }),
      { numRuns: 400 },
    )
  })
})

/** Every link that is to go is gone. */
function closeAll(drive: Drive): void {
  const gone = [...drive.closing]
  for (const generation of gone) drive.sendAs({ kind: 'closed', generation })
}
