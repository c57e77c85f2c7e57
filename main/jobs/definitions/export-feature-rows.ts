import { ROW_CLASS_NAMES } from '#main/compare/compare-session.ts'
import type { ExportTable } from '#main/export/export-files.ts'
import type { ExportBlock, ExportColumn } from '#main/export/table-file.ts'
import type { ComparisonStore, StoredRun } from '#main/stores/comparison-store.ts'

/** The rows of a run's features that are not plainly equal; no table where it compared none. */
export function featureRowsTable(
  { runId, symbols, summary }: StoredRun,
  comparisons: ComparisonStore,
  { wanted, from, to }: { readonly wanted: ReadonlySet<string>; readonly from: string; readonly to: string },
): readonly ExportTable[] {
  const { features } = summary
  if (features === null) return []
  const names = features.features.map(({ name }) => name)
  return [
    {
      layer: 'comparison_features',
      table: 'comparison_feature_rows',
      columns: [
        { name: 'class', type: 'text' },
        ...names.flatMap((name): ExportColumn[] => [
          { name: `old_${name}`, type: 'double' },
          { name: `new_${name}`, type: 'double' },
        ]),
      ],
      symbols: symbols.filter((symbol) => wanted.has(symbol)),
      blocks: function* (symbol): Generator<ExportBlock> {
        for (const block of comparisons.features.rows(runId, symbol)) {
          const { sessionDate, ts, class: classes, oldValues, newValues } = block
          const rows = ts.length
          if (sessionDate < from || sessionDate > to || rows === 0) continue
          yield {
            sessionDate,
            ts,
            values: [
              Array.from(classes, (code) => ROW_CLASS_NAMES[code]),
              ...names.flatMap((_name, f) => [
                oldValues.subarray(f * rows, (f + 1) * rows),
                newValues.subarray(f * rows, (f + 1) * rows),
              ]),
            ],
          }
        }
      },
      provenance: () => {
        const { errors: _errors, largest: _largest, ...comparison } = features
        return {
          note: 'Minutes that are equal on both sides in every feature, and sessions that one side only has features of, are counted in the run and not repeated here.',
          runId,
          comparison,
        }
      },
    },
  ]
}
