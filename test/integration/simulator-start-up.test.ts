import { afterEach, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '#main/simulator/simulator.ts'
import { fence, fixedMarket, frame, MINUTES, NOW_MS, startedClient } from './simulator-fixtures.ts'

let simulator: Simulator

afterEach(async () => {
  await simulator.stop()
})

async function start(): Promise<void> {
  simulator = await startSimulator({
    market: fixedMarket({ SPY: MINUTES }),
    nowMs: () => NOW_MS,
    accounts: ['DU1', 'DU2'],
  })
}

it.each([
  ['positions', '61|1|', ['62|1|']],
  ['open orders', '5|1|', ['53|1|']],
  ['all open orders', '16|1|', ['53|1|']],
  ['completed orders', '99|0|', ['102|']],
  ['executions', '7|3|9|0||||||||', ['55|1|9|']],
  ['positions by model', '74|1|9|DU1||', ['72|1|9|']],
  [
    'account updates',
    '6|2|1|DU2|',
    ['6|2|AccountCode|DU2||DU2|', '6|2|NetLiquidation|1000000.00|USD|DU2|', '8|1|12:00|', '54|1|DU2|'],
  ],
  ['account updates of the first account', '6|2|1||', [/DU1/, /DU1/, '8|1|12:00|', '54|1|DU1|']],
  ['account updates by model', '76|1|9|DU1||0|', ['73|1|9|DU1||NetLiquidation|1000000.00|USD|', '74|1|9|']],
  [
    'account summary',
    '62|1|9|All|NetLiquidation,BuyingPower|',
    ['63|1|9|DU1|NetLiquidation|1000000.00|USD|', '63|1|9|DU2|NetLiquidation|1000000.00|USD|', '64|1|9|'],
  ],
  ['no more account updates', '6|2|0|DU1|', []],
  ['a type of market data', '59|1|3|', []],
  ['no more positions', '64|1|', []],
  ['no more account summary', '63|1|9|', []],
  ['no more positions by model', '75|1|9|', []],
  ['no more account updates by model', '77|1|9|', []],
  ['orders of TWS', '15|1|1|', []],
])('a client that asks for %s hears the end of it', async (_what, request, answers) => {
  await start()
  for (const version of [100, 157, 178, 193]) {
    const client = await startedClient(simulator.port, `v100..${version}`, version)
    client.send(frame(request))
    for (const answer of answers) {
      if (typeof answer === 'string') expect(await client.text()).toBe(answer)
      else expect(await client.text()).toMatch(answer)
    }
    // Nothing more, and no error.
    await fence(client)
    expect(simulator.requests.at(-2)?.message).not.toBe('unknown')
  }
})
