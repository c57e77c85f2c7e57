import { z } from 'zod'
import { featureSetNameSchema } from '#shared/features/definition.ts'
import { oldPipelineConfigSchema } from './legacy-config.ts'
import { comparisonConfigSchema } from './comparison-config.ts'
import { qualityConfigSchema } from './quality-config.ts'
import { twsConfigSchema } from './tws-config.ts'

/**
 * The schema of `switchyard.yaml`. Unknown keys are errors, so that a typo is not silently ignored. Every default is stated
 * here and nowhere else.
 */

const symbolName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, 'must be 1 to 32 letters, digits, dots, underscores or dashes')

/** The contract fields that go to TWS. Give `conId` when symbol and exchange are ambiguous. */
export const contractConfigSchema = z.strictObject({
  symbol: z.string().min(1).optional(),
  secType: z.enum(['STK', 'IND', 'FUT', 'CONTFUT', 'CASH', 'CFD', 'CMDTY', 'CRYPTO']).default('STK'),
  exchange: z.string().min(1).default('SMART'),
  primaryExchange: z.string().min(1).optional(),
  currency: z.string().length(3).default('USD'),
  conId: z.int().positive().optional(),
  localSymbol: z.string().min(1).optional(),
  tradingClass: z.string().min(1).optional(),
  lastTradeDateOrContractMonth: z
    .string()
    .regex(/^\d{6}(\d{2})?$/, 'must be YYYYMM or YYYYMMDD')
    .optional(),
  multiplier: z.number().positive().optional(),
})

export const symbolConfigSchema = z.strictObject({
  /** Name of the instrument everywhere in this workspace; also the TWS symbol unless `contract.symbol` says otherwise. */
  symbol: symbolName,
  calendar: z.string().min(1).default('XNYS'),
  /** Smallest price step; the broker's when left out. */
  tickSize: z.number().positive().optional(),
  contract: contractConfigSchema.prefault({}),
})

/** The one kind of bar that is requested, curated and compared. */
export const canonicalConfigSchema = z.strictObject({
  barSize: z.literal('1 min').default('1 min'),
  whatToShow: z.literal('TRADES').default('TRADES'),
  /** True asks TWS for regular trading hours only. Curated bars always hold regular hours. */
  useRth: z.boolean().default(true),
})

export const workspaceConfigSchema = z
  .strictObject({
    version: z.literal(1),
    name: z.string().min(1).max(64).default('workspace'),
    tws: twsConfigSchema.prefault({}),
    symbols: z
      .array(symbolConfigSchema)
      .min(1)
      .superRefine((symbols, context) => {
        const seen = new Set<string>()
        symbols.forEach((entry, index) => {
          if (seen.has(entry.symbol)) {
            context.addIssue({ code: 'custom', path: [index, 'symbol'], message: `${entry.symbol} is listed twice` })
          }
          seen.add(entry.symbol)
        })
      }),
    canonical: canonicalConfigSchema.prefault({}),
    quality: qualityConfigSchema.prefault({}),
    features: z
      .strictObject({ sets: z.array(featureSetNameSchema).min(1).default(['features_price_1m_v1']) })
      .prefault({}),
    comparison: comparisonConfigSchema.prefault({}),
    oldPipeline: oldPipelineConfigSchema.optional(),
  })
  .superRefine(({ symbols, comparison, features }, context) => {
    const { set } = comparison.features
    if (set !== undefined && !features.sets.includes(set)) {
      const path = ['comparison', 'features', 'set']
      context.addIssue({ code: 'custom', path, message: `${set} is not in features.sets of this workspace` })
    }
    const known = new Set(symbols.map(({ symbol }) => symbol))
    comparison.overrides.forEach((override, index) => {
      for (const symbol of override.symbols ?? []) {
        if (known.has(symbol)) continue
        const path = ['comparison', 'overrides', index, 'symbols']
        context.addIssue({ code: 'custom', path, message: `${symbol} is not a symbol of this workspace` })
      }
    })
  })

export type WorkspaceConfig = z.infer<typeof workspaceConfigSchema>
export type SymbolConfig = z.infer<typeof symbolConfigSchema>
export type ContractConfig = z.infer<typeof contractConfigSchema>

/** The configuration without the values of the old command's environment, which may be secrets: for all that is shown or written. */
export function withoutSecrets(config: WorkspaceConfig): WorkspaceConfig {
  const command = config.oldPipeline?.command
  if (config.oldPipeline === undefined || command === undefined) return config
  const environment = Object.fromEntries(Object.keys(command.environment).map((name) => [name, '(hidden)']))
  return { ...config, oldPipeline: { ...config.oldPipeline, command: { ...command, environment } } }
}
