import type { Event } from 'electron'

/** An event as Electron emits it, with `preventDefault`. */
export function hostEvent<Params extends object>(params: Params): Event<Params> {
  let prevented = false
  return {
    ...params,
    preventDefault: () => {
      prevented = true
    },
    get defaultPrevented() {
      return prevented
    },
  }
}
