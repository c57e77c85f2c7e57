import { type BarsAnswer, barsFrame } from '../history/historical-reply.ts'
import type { ClientSession } from '../client-session.ts'
import { createRandom } from '../markets/random.ts'
import type { ReplyFault } from '../scenario/fault-schema.ts'
import { fieldsText, frameOf } from '../wire/frames.ts'

/** The fault of a kind among those that strike an answer. */
export function faultOf<K extends ReplyFault['kind']>(
  faults: readonly ReplyFault[],
  kind: K,
): Extract<ReplyFault, { kind: K }> | undefined {
  return faults.find((fault): fault is Extract<ReplyFault, { kind: K }> => fault.kind === kind)
}

/** The bars of an answer as its faults leave them; the number of bars told is the number that comes. */
export function distortRows(answer: BarsAnswer, faults: readonly ReplyFault[]): BarsAnswer {
  const truncated = faultOf(faults, 'truncatedBars')
  const repeated = faultOf(faults, 'repeatedBars')
  const rows = truncated === undefined ? answer.rows : answer.rows.slice(0, truncated.bars)
  return repeated === undefined || repeated.bars === 0
    ? { ...answer, rows }
    : { ...answer, rows: [...rows, ...rows.slice(-repeated.bars)] }
}

/**
 * Sends an answer with whatever its faults do to its bytes. What comes before the answer comes first; of what happens to the
 * answer itself the first fault decides.
 *
 * @param seed what random bytes are drawn by.
 */
export async function deliverBars(
  session: ClientSession,
  answer: BarsAnswer,
  faults: readonly ReplyFault[],
  seed: string,
): Promise<void> {
  const { output } = session
  const frame = barsFrame(answer)
  for (const fault of faults) {
    switch (fault.kind) {
      case 'garbageFrame':
        output.write(frameOf([randomBytes(fault.bytes, seed)]))
        break
      case 'invalidLength':
        output.write(lengthPrefix(fault.length))
        break
      case 'oversizedFrame':
        dribble(session, fault)
        return
      case 'dropMidResponse':
        output.sendLast(frame.subarray(0, fault.bytes))
        return
      case 'dropAfterBars':
        output.sendLast(frame.subarray(0, 4 + bytesUntil(answer, fault.bars)))
        return
      case 'truncatedFields':
        await output.send(cutInsideBar(answer))
        return
      case 'duplicateReply':
        await output.send(frame)
        await output.send(fault.what === 'whole' ? frame : barsFrame({ ...answer, rows: [] }))
        return
      default:
    }
  }
  await output.send(frame)
}

/** The length of a message, whatever it is worth. */
function lengthPrefix(length: number): Buffer {
  const prefix = Buffer.alloc(4)
  prefix.writeInt32BE(length)
  return prefix
}

/** Bytes that look like nothing: every value but NUL, and a NUL at the end as every message has one. */
function randomBytes(count: number, seed: string): Buffer {
  const random = createRandom(1, 'garbage', seed)
  const bytes = Buffer.alloc(count)
  for (let i = 0; i < count - 1; i++) bytes[i] = random.between(1, 255)
  return bytes
}

/** Bytes of the message body up to the end of its first `bars` bars. */
function bytesUntil({ head, rows }: BarsAnswer, bars: number): number {
  return Buffer.byteLength(fieldsText([...head, rows.length])) + Buffer.byteLength(rows.slice(0, bars).join(''))
}

/** A complete message whose last bar is not: its length fits, its fields do not. */
function cutInsideBar(answer: BarsAnswer): Buffer {
  const { rows } = answer
  const lastBar = rows[rows.length - 1] ?? ''
  const body = barsFrame(answer).subarray(4, 4 + bytesUntil(answer, rows.length - 1) + Math.floor(lastBar.length / 2))
  return frameOf([body])
}

/** Claims a message and sends it in drops until the client has had enough. */
function dribble(session: ClientSession, fault: Extract<ReplyFault, { kind: 'oversizedFrame' }>): void {
  const { output, clock } = session
  output.writeAlone(lengthPrefix(fault.claims))
  let left = fault.claims
  const drop = (): void => {
    if (!output.isOpen || left <= 0) return
    const bytes = Math.min(left, fault.step)
    output.writeAlone(Buffer.alloc(bytes, '0'))
    left -= bytes
    clock.setTimer(drop, clock.nowMs() + fault.everyMs)
  }
  drop()
}
