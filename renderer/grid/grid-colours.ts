/** The theme's colours that a grid is drawn in. */
export interface GridColours {
  readonly panel: string
  readonly ink: string
  readonly quiet: string
  readonly line: string
  readonly pass: string
  readonly fail: string
  readonly work: string
  readonly diff: string
  readonly selected: string
}

/** Reads the colours as they are where `element` stands. */
export function coloursAt(element: HTMLElement): GridColours {
  const style = getComputedStyle(element)
  const role = (name: string): string => style.getPropertyValue(name).trim()
  return {
    panel: role('--sy-panel'),
    ink: role('--sy-ink'),
    quiet: role('--sy-ink-3'),
    line: role('--sy-line-strong'),
    pass: role('--sy-pass'),
    fail: role('--sy-fail'),
    work: role('--sy-new'),
    diff: role('--sy-diff'),
    selected: role('--sy-selected'),
  }
}
