import { EventName, type IBApi } from '@stoqey/ib'

/** Events with the bytes of messages; the others say what was in them. */
const RAW_EVENTS = new Set<string>([EventName.sent, EventName.received])

/** Everything a client emits, in order; `until` waits for the next one that fits. */
export class StockClientEvents {
  readonly seen: (readonly [string, readonly unknown[]])[] = []
  #wake: () => void = () => undefined

  constructor(client: IBApi) {
    client.on(EventName.all, (event, args) => {
      if (RAW_EVENTS.has(event)) return
      this.seen.push([event, args])
      this.#wake()
    })
  }

  async until(event: string, fits: (args: readonly unknown[]) => boolean = () => true): Promise<readonly unknown[]> {
    for (let next = 0; ; next++) {
      while (next >= this.seen.length) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
      const [name, args] = this.seen[next]
      if (name === event && fits(args)) return args
    }
  }

  all(event: string): (readonly unknown[])[] {
    return this.seen.filter(([name]) => name === event).map(([, args]) => args)
  }
}

/** Whether an event is the row that ends the bars of a request. */
export const isEnd = ([, time]: readonly unknown[]): boolean => String(time).startsWith('finished-')
