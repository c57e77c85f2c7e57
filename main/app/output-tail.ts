import { StringDecoder } from 'node:string_decoder'

/** The last output of a process, kept to say why it ended. */
export interface OutputTail {
  /** The last lines, at most 2,000 characters, without the newline at the end. */
  text(): string
}

const MAX_CHARACTERS = 2_000

/** Passes what `stream` prints to `line`, line by line, and keeps the end of it. A null stream prints nothing. */
export function outputTail(stream: NodeJS.ReadableStream | null, line: (text: string) => void): OutputTail {
  const decoder = new StringDecoder('utf8')
  let tail = ''
  let unfinished = ''
  stream?.on('data', (chunk: Buffer) => {
    const text = decoder.write(chunk)
    tail = (tail + text).slice(-MAX_CHARACTERS)
    const lines = (unfinished + text).split('\n')
    unfinished = lines.pop() ?? ''
    for (const each of lines) line(each)
  })
  stream?.on('end', () => {
    if (unfinished !== '') line(unfinished)
    unfinished = ''
  })
  return { text: () => tail.trimEnd() }
}
