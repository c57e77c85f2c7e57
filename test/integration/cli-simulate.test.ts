import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { builtInScenarios, readScenario } from '#main/cli/scenario-file.ts'
import { inProcess } from './command-in-process.ts'
import { historicalRequest, startedClient } from './simulator-fixtures.ts'
import { documentOf, errorOf, runSwitchyard, SwitchyardProcess } from './switchyard-process.ts'
import { newFolder } from './workspace-fixtures.ts'

const SIMULATE = ['simulate', '--json', '--symbols', 'SPY', '--from', '2024-07-01', '--to', '2024-07-03', '--seed', '3']

describe('scenarios', () => {
  test('that come along are all readable and say what they are', () => {
    expect(builtInScenarios()).toEqual([
      'calm',
      'daily-restart',
      'farm-outage',
      'frozen-gateway',
      'hostile-peer',
      'pacing-storm',
      'revised-history',
      'rough-night',
    ])
    for (const name of builtInScenarios()) {
      const scenario = readScenario(name)
      expect(scenario.name).toBe(name)
      expect(scenario.description.length).toBeGreaterThan(10)
    }
  })

  test('a rough night has at least ten different faults', () => {
    expect(new Set(readScenario('rough-night').faults.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(10)
  })

  test.each([
    ['faults:\n  - kind: freeze\n    forMs: soon\nname: x\n', 3, 'faults[0].forMs'],
    ['name: x\nfaults:\n  - kind: flood\n', 3, 'faults[0].kind'],
    ['name: x\nfalts: []\n', 2, 'falts'],
    ['name: x\nsymbols:\n  SPY: gone\n', 3, 'symbols.SPY'],
  ])('a file with a mistake is refused by line and key', (text, line, key) => {
    const file = join(newFolder(), 'mine.yaml')
    writeFileSync(file, text)
    expect(() => readScenario(file)).toThrow(`${file}:${line}: ${key}: `)
  })
})

describe('simulate', () => {
  test('with a scenario, pacing and a control port: one JSON document, and "simulate control" reaches it', async () => {
    const child = new SwitchyardProcess([
      ...SIMULATE,
      '--scenario',
      'pacing-storm',
      '--pacing',
      'off',
      '--control-port',
      '0',
    ])
    const line = await child.line()
    const { port, controlPort } = JSON.parse(line) as { port: number; controlPort: number }
    expect(line).toBe(JSON.stringify({ port, controlPort }))
    const control = async (...options: string[]): Promise<unknown> =>
      documentOf(await runSwitchyard(['simulate', 'control', '--port', String(controlPort), '--json', ...options]))

    expect(await control('--status')).toMatchObject({ port, scenario: 'pacing-storm', connections: 0 })
    expect(await control('--scenario', 'calm')).toMatchObject({ scenario: 'calm' })
    await control('--inject', '{"kind":"historicalError","meaning":"differentIp"}')
    const client = await startedClient(port, 'v100..193')
    client.send(historicalRequest(1))
    expect(await client.text()).toMatch(/^4\|2\|1\|162\|.*different IP address\|\|$/)
    expect(await control()).toMatchObject({ connections: 1, faultsInjected: [{ kind: 'historicalError', reqId: 1 }] })
    child.kill('SIGTERM')
    expect(await child.exited).toMatchObject({ code: 0, stdout: `${line}\n` })
  })

  test.each([
    [['--scenario', 'stormy'], 'BAD_ARGUMENTS', 'rough-night'],
    [['--pacing', 'sometimes'], 'BAD_ARGUMENTS', '--help'],
    [['--control-port', '-1'], 'BAD_ARGUMENTS', '--help'],
  ])('refuses %j', async (options, code, hint) => {
    const refused = await inProcess(...SIMULATE, ...options)
    expect(refused.code).toBe(2)
    expect(errorOf(refused)).toMatchObject({ code, hint: expect.stringContaining(hint) })
  })

  test.each([
    [['--inject', '{kind:freeze}'], 'not JSON'],
    [['--inject', '{"kind":"slowReply"}'], 'fault.delayMs'],
    [['--inject', '{"kind":"disconnect"}', '--status'], 'Only one of'],
    [[], '--port is missing'],
  ])('control refuses %j', async (options, message) => {
    const port = message.includes('missing') ? [] : ['--port', '1']
    const refused = await inProcess('simulate', 'control', '--json', ...port, ...options)
    expect(refused.code).toBe(2)
    expect(errorOf(refused).message).toContain(message)
  })
})
