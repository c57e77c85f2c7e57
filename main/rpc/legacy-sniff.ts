import { resolve } from 'node:path'
import type { z } from 'zod'
import type { sniffedFileSchema } from '#shared/contract/contract.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { sniffOldFile } from '#main/legacy/sniff-file.ts'

/** Proposes a description of a file that the old pipeline left. */
export async function sniff(
  { services, folder, config }: Engine,
  { file, symbol }: { readonly file: string; readonly symbol?: string | undefined },
): Promise<z.input<typeof sniffedFileSchema>> {
  const known = config.symbols.find((entry) => entry.symbol === symbol) ?? config.symbols[0]
  const sniffed = await sniffOldFile(resolve(folder, file), {
    calendar: services.calendarOf(known.symbol),
    written: file,
    ...(symbol === undefined ? {} : { symbol }),
  })
  return {
    ...sniffed,
    description: { ...sniffed.description },
    names: [...sniffed.names],
    firstRows: sniffed.firstRows.map((row) => [...row]),
    normalised: [...sniffed.normalised],
    rejected: [...sniffed.rejected],
    doubts: [...sniffed.doubts],
  }
}
