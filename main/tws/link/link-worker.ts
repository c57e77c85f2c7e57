import { parentPort } from 'node:worker_threads'
import { IbLink } from './ib-link.ts'
import type { LinkCommand } from './link-protocol.ts'

/** Entry of the thread that holds one socket to TWS, so that reading large answers keeps nobody else waiting. */

if (parentPort === null) throw new Error('link-worker runs as a worker thread only.')
const port = parentPort

const link = new IbLink((event, handOver) => port.postMessage(event, handOver ?? []))
port.on('message', (command: LinkCommand) => link.handle(command))
