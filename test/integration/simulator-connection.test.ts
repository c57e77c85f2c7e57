import { afterEach, describe, expect, it } from 'vitest'
import { type Simulator, type SimulatorOptions, startSimulator } from '#main/simulator/simulator.ts'
import { fixedMarket, frame, hello, MINUTES, NOW_MS, RawClient, startedClient } from './simulator-fixtures.ts'

let simulator: Simulator | null = null
afterEach(async () => {
  await simulator?.stop()
  simulator = null
})

async function start(overrides: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  simulator = await startSimulator({ market: fixedMarket({ SPY: MINUTES }), nowMs: () => NOW_MS, ...overrides })
  return simulator
}

describe('the handshake', () => {
  it('answers exactly two fields: the smaller of both newest versions, and the time', async () => {
    const { port } = await start()
    const client = await RawClient.connect(port)
    // "API" NUL, length 9, "v100..193"
    client.send(Buffer.from('4150490000000009763130302e2e313933', 'hex'))
    // length 33, "193" NUL "20240703 08:00:00 US/Eastern" NUL
    const body = Buffer.from('193\x0020240703 08:00:00 US/Eastern\x00', 'latin1')
    expect(body.length).toBe(33)
    expect(await client.bytes(4 + 33)).toEqual(Buffer.concat([Buffer.from('00000021', 'hex'), body]))
  })

  it.each([
    ['v100..300', '193'],
    ['v100..157', '157'],
    ['v157..178 +PACEAPI', '178'],
    ['v100', '100'],
  ])('settles %s on %s', async (versions, settled) => {
    const { port } = await start()
    const client = await RawClient.connect(port)
    client.send(hello(versions))
    expect((await client.text()).split('|')[0]).toBe(settled)
  })

  it.each(['v1..99', 'v194..201', '100..193', ''])('closes on the version text "%s"', async (versions) => {
    const { port } = await start()
    const client = await RawClient.connect(port)
    client.send(hello(versions))
    expect((await client.closed()).length).toBe(0)
  })

  it('closes on a client that does not begin with API', async () => {
    const { port } = await start()
    const client = await RawClient.connect(port)
    client.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    expect((await client.closed()).length).toBe(0)
  })
})

describe('startApi', () => {
  it('is answered by accounts, next order id and the three farm notices', async () => {
    const { port } = await start({ accounts: ['DU1', 'DU2'] })
    const client = await RawClient.connect(port)
    client.send(Buffer.concat([hello('v100..193'), frame('71|2|5||')]))
    await client.frame()
    expect(await client.text()).toBe('15|1|DU1,DU2|')
    expect(await client.text()).toBe('9|1|1|')
    expect(await client.text()).toBe('4|2|-1|2104|Market data farm connection is OK:usfarm||')
    expect(await client.text()).toBe('4|2|-1|2106|HMDS data farm connection is OK:ushmds||')
    expect(await client.text()).toBe('4|2|-1|2158|Sec-def data farm connection is OK:secdefnj||')
  })

  it('leaves the last field of errors out before version 166', async () => {
    const { port } = await start()
    const client = await RawClient.connect(port)
    client.send(Buffer.concat([hello('v100..165'), frame('71|2|5||')]))
    for (let skipped = 0; skipped < 3; skipped++) await client.frame()
    expect(await client.text()).toBe('4|2|-1|2104|Market data farm connection is OK:usfarm|')
  })

  it('refuses a client id that is in use, and takes it once it is free', async () => {
    const { port } = await start()
    const first = await startedClient(port, 'v100..193', 9)
    const second = await RawClient.connect(port)
    second.send(Buffer.concat([hello('v100..193'), frame('71|2|9||')]))
    await second.frame()
    expect(await second.text()).toBe(
      '4|2|-1|326|Unable to connect as the client id is already in use. Retry with a unique client id.||',
    )
    await second.closed()
    first.socket.end()
    await first.closed()
    await startedClient(port, 'v100..193', 9)
  })
})

describe('the stream of bytes', () => {
  it('may come in single bytes', async () => {
    const { port } = await start()
    const client = await RawClient.connect(port)
    client.socket.setNoDelay(true)
    const bytes = Buffer.concat([hello('v100..193'), frame('71|2|3||'), frame('49|1|')])
    for (const byte of bytes) client.send(Buffer.from([byte]))
    for (let skipped = 0; skipped < 6; skipped++) await client.frame()
    expect(await client.text()).toBe('49|1|1720008000|')
  })

  it('may come with everything in one piece', async () => {
    const { port } = await start()
    const client = await RawClient.connect(port)
    const clock = frame('49|1|')
    client.send(Buffer.concat([hello('v100..193'), frame('71|2|3||'), ...Array<Buffer>(100).fill(clock)]))
    for (let skipped = 0; skipped < 6; skipped++) await client.frame()
    for (let answer = 0; answer < 100; answer++) expect(await client.text()).toBe('49|1|1720008000|')
  })

  it.each([
    ['a length of four gigabytes', Buffer.from('ffffffff', 'hex')],
    ['a length beyond any request', Buffer.from('00010001', 'hex')],
    ['a length of nothing', Buffer.from('00000000', 'hex')],
    ['a message without its last NUL', Buffer.concat([Buffer.from('00000002', 'hex'), Buffer.from('49')])],
    ['a message id that is no number', frame('hello|')],
  ])('ends the connection after %s and leaves the others alone', async (_what, bytes) => {
    const { port } = await start()
    const bystander = await startedClient(port, 'v100..193', 1)
    const hostile = await startedClient(port, 'v100..193', 2)
    hostile.send(bytes)
    expect((await hostile.closed()).length).toBe(0)
    bystander.send(frame('49|1|'))
    expect(await bystander.text()).toBe('49|1|1720008000|')
  })

  it('ends the connection with error 320 after a request it cannot read', async () => {
    const { port } = await start()
    const client = await startedClient(port, 'v100..193')
    client.send(frame('20|seven||SPY|'))
    expect((await client.closed()).subarray(4).toString().replaceAll('\0', '|')).toBe(
      '4|2|-1|320|Error reading request:Message type 20. Unable to parse data. "seven" is not an integer||',
    )
  })

  it('ignores messages it does not know, and those before startApi', async () => {
    const { port } = await start()
    const client = await RawClient.connect(port)
    client.send(Buffer.concat([hello('v100..193'), frame('49|1|'), frame('71|2|3||'), frame('58|1|'), frame('49|1|')]))
    for (let skipped = 0; skipped < 6; skipped++) await client.frame()
    expect(await client.text()).toBe('49|1|1720008000|')
    expect(simulator?.requests.map(({ message, clientId }) => [message, clientId])).toEqual([
      ['currentTime', null],
      ['startApi', 3],
      ['unknown', 3],
      ['currentTime', 3],
    ])
  })
})

it('listens where it was told and says so when it cannot', async () => {
  const { port } = await start()
  await expect(startSimulator({ market: fixedMarket({ SPY: MINUTES }), port })).rejects.toMatchObject({
    name: 'SwitchyardError',
    code: 'IO_ERROR',
  })
})
