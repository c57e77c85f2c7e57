/**
 * A file name, without its extension, that says what is in the file: `SPY_2024-11-27_close_old-and-new`. Whatever some file
 * system refuses in a name, and every space, becomes a dash.
 */
export function fileName(parts: readonly string[]): string {
  return parts.map((part) => part.replaceAll(/[^\p{L}\p{N}.-]+/gu, '-').replaceAll(/^[-.]+|[-.]+$/g, '')).join('_')
}
