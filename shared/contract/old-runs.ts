import { z } from 'zod'

/** What is told of the old pipeline's command and of what its runs printed. */

/** How the old pipeline is run, as switchyard.yaml says it. Values of the environment are told nowhere. */
export const oldCommandSchema = z.object({
  /** The program and its arguments, with their placeholders. */
  argv: z.array(z.string()),
  symbolSeparator: z.string(),
  /** Working folder, absolute; and whether it is there. */
  folder: z.string(),
  hasFolder: z.boolean(),
  timeLimitMinutes: z.number(),
  graceSeconds: z.number(),
  /** Names of the variables that are set, of those taken from the environment of the engine, and which of these it does not have. */
  environment: z.array(z.string()),
  inherit: z.array(z.string()),
  missing: z.array(z.string()),
  /** Absolute path of the folder in which every run gets one of its own. */
  runsFolder: z.string(),
  /** Keys of the descriptions of what it writes there; an import reads nothing of a run when there is none. */
  read: z.array(z.string()),
})
export type OldCommand = z.infer<typeof oldCommandSchema>

/** What a run printed on one stream, as plain text in whole lines: the beginning and the end. */
export const printedTextSchema = z.object({
  /** Path from the workspace folder. */
  file: z.string(),
  /** All that was printed; while it runs, what is in the file by now. */
  bytes: z.int(),
  head: z.string(),
  /** Empty when nothing lies between. */
  tail: z.string(),
  /** What was printed between the two. */
  cutBytes: z.int(),
})
export type PrintedText = z.infer<typeof printedTextSchema>

/** Null where there is no such file: the command was not begun, or somebody took the folder away. */
export const oldOutputSchema = z.object({
  stdout: printedTextSchema.nullable(),
  stderr: printedTextSchema.nullable(),
})
export type OldOutput = z.infer<typeof oldOutputSchema>
