/** What travels over the IPC channel between the main process's emulation and the one in an engine's process. */
export type ToChild =
  | { readonly type: 'message'; readonly data: unknown; readonly ports: readonly number[] }
  | { readonly type: 'port-message'; readonly port: number; readonly data: unknown }
  | { readonly type: 'port-close'; readonly port: number }

export type FromChild =
  | { readonly type: 'message'; readonly data: unknown }
  | { readonly type: 'port-message'; readonly port: number; readonly data: unknown }
  | { readonly type: 'port-close'; readonly port: number }
