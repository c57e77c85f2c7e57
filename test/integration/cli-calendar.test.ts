import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addDays } from '#shared/time.ts'
import { inProcess } from './command-in-process.ts'
import { newFolder, newWorkspace } from './workspace-fixtures.ts'

/** Runs the command in a folder that is no workspace, or in the one that is given. */
async function calendar(args: readonly string[], workspace = newFolder()) {
  const finished = await inProcess('calendar', ...args, '--workspace', workspace)
  return { ...finished, document: (): unknown => JSON.parse(finished.stdout) }
}

/** A definition that trades 10:00 to 16:00 UTC from Monday to Friday. */
function definition(id: string, lastDate: string): string {
  return `id: ${id}
name: House exchange
zone: UTC
firstDate: '2024-01-01'
lastDate: '${lastDate}'
sources:
  - title: this test
hours:
  - open: '10:00'
    close: '16:00'
`
}

function workspaceWith(files: Readonly<Record<string, string>>): string {
  const workspace = newWorkspace({ symbols: ['SPY'] })
  mkdirSync(join(workspace, 'calendars'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(workspace, 'calendars', name), text)
  return workspace
}

const today = new Date().toISOString().slice(0, 10)

describe('switchyard calendar ID --json', () => {
  test('prints the sessions as one array, in UTC, with what is not there as null', async () => {
    const { code, stdout, stderr, document } = await calendar([
      'XNYS',
      '--from',
      '2024-07-02',
      '--to',
      '2024-07-05',
      '--json',
    ])
    expect(document()).toEqual([
      {
        session: '2024-07-02',
        open: '2024-07-02T13:30:00Z',
        close: '2024-07-02T20:00:00Z',
        breakStart: null,
        breakEnd: null,
        earlyClose: false,
      },
      {
        session: '2024-07-03',
        open: '2024-07-03T13:30:00Z',
        close: '2024-07-03T17:00:00Z',
        breakStart: null,
        breakEnd: null,
        earlyClose: true,
      },
      {
        session: '2024-07-05',
        open: '2024-07-05T13:30:00Z',
        close: '2024-07-05T20:00:00Z',
        breakStart: null,
        breakEnd: null,
        earlyClose: false,
      },
    ])
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect([code, stderr]).toEqual([0, ''])
  })

  test('prints breaks and evening openings', async () => {
    const tokyo = await calendar(['XTKS', '--from', '2024-11-05', '--to', '2024-11-05', '--json'])
    expect(tokyo.document()).toMatchObject([
      { open: '2024-11-05T00:00:00Z', breakStart: '2024-11-05T02:30:00Z', breakEnd: '2024-11-05T03:30:00Z' },
    ])
    const futures = await calendar(['CMES', '--from', '2024-07-08', '--to', '2024-07-08', '--json'])
    expect(futures.document()).toMatchObject([{ session: '2024-07-08', open: '2024-07-07T22:00:00Z' }])
  })

  test('a range without sessions is an empty array', async () => {
    const { code, document } = await calendar(['XNYS', '--from', '2024-07-06', '--to', '2024-07-07', '--json'])
    expect([code, document()]).toEqual([0, []])
  })

  test('past the horizon it gives what is known and warns on standard error', async () => {
    const { code, stderr, document } = await calendar(['XLON', '--from', '2030-12-30', '--to', '2031-02-01', '--json'])
    expect(document()).toMatchObject([{ session: '2030-12-30' }, { session: '2030-12-31', earlyClose: true }])
    expect(stderr.match(/XLON knows nothing from 2031-01-01 on/g)).toHaveLength(1)
    expect(code).toBe(0)
  })
})

describe('switchyard calendar ID', () => {
  test('prints an aligned table in local time and UTC', async () => {
    const { code, stdout } = await calendar(['XTKS', '--from', '2024-11-01', '--to', '2024-11-05'])
    expect(code).toBe(0)
    expect(stdout).toBe(
      [
        'session     open (Asia/Tokyo)  close             break        open (UTC)            close (UTC)',
        '2024-11-01  2024-11-01 09:00   2024-11-01 15:00  11:30-12:30  2024-11-01T00:00:00Z  2024-11-01T06:00:00Z',
        '2024-11-05  2024-11-05 09:00   2024-11-05 15:30  11:30-12:30  2024-11-05T00:00:00Z  2024-11-05T06:30:00Z',
        '',
      ].join('\n'),
    )
  })

  test('without dates it shows the next ten sessions from today on', async () => {
    const workspace = workspaceWith({ 'HOUSE.yaml': definition('HOUSE', '2099-12-31') })
    const sessions = (await calendar(['HOUSE', '--json'], workspace)).document() as { session: string }[]
    const expected: string[] = []
    for (let date = today; expected.length < 10; date = addDays(date, 1)) {
      if (![0, 6].includes(new Date(`${date}T00:00:00Z`).getUTCDay())) expected.push(date)
    }
    expect(sessions.map(({ session }) => session)).toEqual(expected)
  })

  test('with --from alone it shows ten sessions from there', async () => {
    const sessions = (await calendar(['XNYS', '--from', '2024-07-01', '--json'])).document() as { session: string }[]
    // 4 July is closed.
    expect(sessions.map(({ session }) => session.slice(5)).join(' ')).toBe(
      '07-01 07-02 07-03 07-05 07-08 07-09 07-10 07-11 07-12 07-15',
    )
  })

  test('with --from shortly before the horizon it shows those that are left and says so', async () => {
    const { stderr, document } = await calendar(['XNYS', '--from', '2030-12-30', '--json'])
    expect(document()).toHaveLength(2)
    expect(stderr).toContain('nothing from 2031-01-01 on')
  })

  test('warns once when less than a year of the horizon is left', async () => {
    const soon = workspaceWith({ 'HOUSE.yaml': definition('HOUSE', addDays(today, 100)) })
    const { code, stderr } = await calendar(['HOUSE', '--from', '2024-01-01', '--to', '2024-01-31'], soon)
    expect(stderr.match(/HOUSE ends on/g)).toHaveLength(1)
    expect(code).toBe(0)
    const later = workspaceWith({ 'HOUSE.yaml': definition('HOUSE', addDays(today, 500)) })
    expect((await calendar(['HOUSE', '--from', '2024-01-01', '--to', '2024-01-31'], later)).stderr).toBe('')
  })

  test('leaves the folder as it is', async () => {
    const folder = newFolder()
    await calendar(['XNYS'], folder)
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('switchyard calendar alone', () => {
  test('lists the calendars', async () => {
    const { code, document } = await calendar(['--json'])
    const listed = document() as { id: string }[]
    expect(listed.map(({ id }) => id)).toEqual(['CMES', 'CMX', 'FX', 'NYM', 'XLON', 'XNAS', 'XNYS', 'XTKS'])
    expect(listed).toContainEqual({
      id: 'XTKS',
      name: 'Tokyo Stock Exchange',
      zone: 'Asia/Tokyo',
      firstDate: '2010-01-01',
      lastDate: '2030-12-31',
      source: 'built in',
    })
    expect(code).toBe(0)
    const { stdout } = await calendar([])
    expect(stdout).toMatch(/^XNYS +New York Stock Exchange +America\/New_York +1990-01-01 to 2030-12-31 +built in$/m)
  })

  test('has the workspace calendars as well, warns of those that end soon, and says whose each is', async () => {
    const workspace = workspaceWith({
      'HOUSE.yaml': definition('HOUSE', addDays(today, 100)),
      'XNYS.yaml': definition('XNYS', '2099-12-31'),
    })
    const { stderr, document } = await calendar(['--json'], workspace)
    expect(document()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 'HOUSE', source: 'workspace' }),
        expect.objectContaining({ id: 'XNYS', source: 'workspace', zone: 'UTC' }),
        expect.objectContaining({ id: 'XLON', source: 'built in' }),
      ]),
    )
    expect(stderr.match(/ends on/g)).toHaveLength(1)
  })
})

describe('definitions of the workspace', () => {
  const range = ['--from', '2024-07-04', '--to', '2024-07-04', '--json']

  test('come before the built-in ones', async () => {
    const workspace = workspaceWith({ 'XNYS.yaml': definition('XNYS', '2030-12-31') })
    // The built-in calendar is closed on 4 July.
    expect((await calendar(['XNYS', ...range], workspace)).document()).toMatchObject([
      { session: '2024-07-04', open: '2024-07-04T10:00:00Z' },
    ])
    expect((await calendar(['XNYS', ...range])).document()).toEqual([])
  })

  test('a folder of that name outside of a workspace is nobody’s', async () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'calendars'))
    writeFileSync(join(folder, 'calendars', 'XNYS.yaml'), 'something else')
    expect((await calendar(['XNYS', ...range], folder)).document()).toEqual([])
  })

  test('a mistake in one names file, line and key', async () => {
    const workspace = workspaceWith({ 'HOUSE.yaml': definition('HOUSE', '2030-12-31').replace('16:00', '26:00') })
    const { code, document } = await calendar(['HOUSE', ...range], workspace)
    expect(code).toBe(1)
    expect(document()).toMatchObject({
      error: {
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/HOUSE\.yaml:10: hours\[0\]\.close: /) as string,
        hint: expect.stringContaining('docs/calendars.md') as string,
      },
    })
  })
})

describe('what cannot be shown', () => {
  test('an unknown calendar, with those that there are', async () => {
    const { code, document, stderr } = await calendar(['XPAR', '--json'])
    expect(code).toBe(1)
    expect(document()).toMatchObject({ error: { code: 'UNKNOWN_CALENDAR' } })
    expect(stderr).toContain('XPAR')
    expect(stderr).toContain('CMES, CMX, FX, NYM, XLON, XNAS, XNYS, XTKS')
  })

  test.each([
    ['an invalid date', ['XNYS', '--from', '2024-02-30'], '--from must be a date'],
    ['another notation', ['XNYS', '--to', '20240701'], '--to must be a date'],
    ['a date without a value', ['XNYS', '--from'], '--from'],
    ['an end before the start', ['XNYS', '--from', '2024-07-02', '--to', '2024-07-01'], 'before --from 2024-07-02'],
    ['an end before today', ['XNYS', '--to', '2024-07-01'], 'before today'],
    ['two calendars', ['XNYS', 'XLON'], 'XNYS, XLON'],
    ['dates without a calendar', ['--from', '2024-07-01'], '--from needs a calendar'],
    ['an unknown option', ['XNYS', '--until', '2024-07-01'], '--until'],
  ])('%s', async (_what, args, expected) => {
    // The options of the test come first, so that one without a value stays without.
    const folder = newFolder()
    const { code, stdout, stderr } = await inProcess('calendar', '--json', '--workspace', folder, ...args)
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'BAD_ARGUMENTS' } })
    expect(stderr).toContain(expected)
  })
})
