import { Checkbox } from '@mantine/core'
import { useState } from 'react'
import type { Overview } from '#shared/contract/contract.ts'
import type { ExportParams } from '#shared/jobs/job-kinds.ts'
import { EXPORT_LAYERS } from '#shared/jobs/job-kinds.ts'
import { JobStarter } from '../../components/job-starter.tsx'
import { orpc } from '../../engine-client.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { selectionWords } from '../../wording/job-words.ts'
import { selectionOf, useViewContext } from '../../view-context.ts'
import classes from './export-starter.module.css'
import { layerOf } from './overview-words.ts'

type ExportLayer = ExportParams['layers'][number]
type ExportFormat = ExportParams['formats'][number]

const LAYER_NAMES: Readonly<Record<ExportLayer, string>> = {
  curated: 'Curated bars',
  features: 'Features',
  comparison: 'Newest comparison',
}

const FORMATS: readonly { readonly value: ExportFormat; readonly label: string }[] = [
  { value: 'parquet', label: 'Parquet' },
  { value: 'csv', label: 'CSV' },
]

/** Starts an export of the selection: which layers that hold something, in which formats. */
export function ExportStarter({ overview }: { readonly overview: Overview }) {
  const [context] = useViewContext()
  const filled = EXPORT_LAYERS.filter((name) => isFilled(overview, name))
  const [excluded, setExcluded] = useState<readonly ExportLayer[]>([])
  const [formats, setFormats] = useState<readonly ExportFormat[]>(['parquet'])
  const layers = filled.filter((name) => !excluded.includes(name))
  const selection = selectionOf(context)

  return (
    <JobStarter
      action={JOB_ACTIONS.export}
      scope={selectionWords(selection)}
      start={() => orpc.export.start.call({ ...selection, layers, formats: [...formats] })}
      blockedBy={blockerOf(filled, layers, formats)}
    >
      <div className={classes.choices}>
        <fieldset className={classes.choice}>
          <legend>Layers</legend>
          {EXPORT_LAYERS.map((name) => (
            <Checkbox
              key={name}
              label={LAYER_NAMES[name]}
              disabled={!filled.includes(name)}
              checked={layers.includes(name)}
              onChange={(event) =>
                setExcluded(
                  event.currentTarget.checked ? excluded.filter((other) => other !== name) : [...excluded, name],
                )
              }
            />
          ))}
        </fieldset>
        <fieldset className={classes.choice}>
          <legend>Formats</legend>
          {FORMATS.map(({ value, label }) => (
            <Checkbox
              key={value}
              label={label}
              checked={formats.includes(value)}
              onChange={(event) =>
                setFormats(
                  event.currentTarget.checked ? [...formats, value] : formats.filter((other) => other !== value),
                )
              }
            />
          ))}
        </fieldset>
      </div>
    </JobStarter>
  )
}

function isFilled(overview: Overview, name: ExportLayer): boolean {
  const layer = layerOf(overview, name === 'comparison' ? 'comparisons' : name)
  return layer !== undefined && layer.rows > 0
}

function blockerOf(
  filled: readonly ExportLayer[],
  layers: readonly ExportLayer[],
  formats: readonly ExportFormat[],
): string | undefined {
  if (filled.length === 0) return 'No layer holds anything to export yet.'
  if (layers.length === 0) return 'No layer is chosen.'
  return formats.length === 0 ? 'No format is chosen.' : undefined
}
