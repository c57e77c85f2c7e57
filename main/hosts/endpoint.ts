import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ENDPOINT_FILE } from '#main/engine/workspace.ts'

const endpointSchema = z.object({ port: z.int(), token: z.string(), pid: z.int() })
export type Endpoint = z.infer<typeof endpointSchema>

/** Where the server of a workspace listens; undefined when it has left no usable note. */
export function readEndpoint(folder: string): Endpoint | undefined {
  try {
    return endpointSchema.parse(JSON.parse(readFileSync(join(folder, ENDPOINT_FILE), 'utf8')))
  } catch {
    // Absent, half written or foreign: in every case nobody can be reached through it.
    return undefined
  }
}
