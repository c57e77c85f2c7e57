import { stringify } from 'yaml'

export interface ConfigTemplateInput {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly clientId: number
  readonly symbols: readonly string[]
  /** Where the old pipeline's files are and what they look like; a commented example when left out. */
  readonly oldPipeline?: Readonly<Record<string, unknown>>
}

/** The text of a new `switchyard.yaml`, with what an operator is likely to change and comments that say what it means. */
export function configTemplate(input: ConfigTemplateInput): string {
  const symbols = input.symbols.map((symbol) => `  - ${flow({ symbol, calendar: 'XNYS' })}`).join('\n')
  return `# Configuration of a Switchyard workspace. docs/configuration.md explains every key and its default.
version: 1
name: ${scalar(input.name)}

# TWS or IB Gateway. Usual ports: 7496 / 7497 TWS live / paper, 4001 / 4002 Gateway live / paper.
tws:
  host: ${scalar(input.host)}
  port: ${input.port}
  clientId: ${input.clientId}

# Instruments. A contract that is not a US stock on SMART needs its fields in contract: { secType, exchange, ... }.
symbols:
${symbols}

# A difference within abs + rel * |old| counts as within tolerance.
comparison:
  tolerances:
    open: { abs: 0.01 }
    high: { abs: 0.01 }
    low: { abs: 0.01 }
    close: { abs: 0.01 }
    volume: { rel: 0.01 }

${input.oldPipeline === undefined ? OLD_PIPELINE_EXAMPLE : `# What the old pipeline leaves, and how to read it.\n${stringify({ oldPipeline: input.oldPipeline })}`}`
}

const OLD_PIPELINE_EXAMPLE = `# What the old pipeline leaves, and how to read it. Take away the # and adapt:
# oldPipeline:
#   name: csv-scripts
#   bars:
#     files: ../old/{symbol}.csv
#     columns: { time: datetime, open: open, high: high, low: low, close: close, volume: volume }
#     timeFormat: "%Y-%m-%d %H:%M:%S"
#     zone: America/New_York
#     label: end
#     volumeUnit: lots
`

function scalar(value: string): string {
  return stringify(value).trimEnd()
}

function flow(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow' }).trimEnd()
}
