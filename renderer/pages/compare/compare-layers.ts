import type { CellKind } from '../../grid/cell-kinds.ts'
import { box, cross, dot, filledTo, full, signed } from '../../grid/cell-shapes.ts'
import type { GridColours } from '../../grid/grid-colours.ts'
import type { CompareCell } from './compare-cells.ts'
import { countOf } from './compare-cells.ts'
import type { GridLayer } from './compare-address.ts'

type CompareKind = CellKind<CompareCell, unknown>

/** Upper ends of the steps of a share, 0 to 1, how far each fills the cell, and its words. */
const STEPS = [
  { to: 0.001, fill: 0.15, word: '≤ 0.1 %' },
  { to: 0.01, fill: 0.4, word: '≤ 1 %' },
  { to: 0.1, fill: 0.65, word: '≤ 10 %' },
  { to: 0.5, fill: 0.9, word: '≤ 50 %' },
] as const

const WHAT: Readonly<Record<GridLayer, string>> = {
  unexplained: 'have a difference that is not explained',
  waiting: 'have a difference whose cause waits for a decision',
  open: 'have a difference that nothing explains',
}

/** The kinds of cells of a layer: the more of a session is not explained, the fuller its cell. */
export function kindsOf(layer: GridLayer): readonly CompareKind[] {
  const share = (cell: CompareCell): number => (cell.compared === 0 ? 0 : countOf(layer, cell) / cell.compared)
  return [
    {
      key: 'more',
      word: '> 50 %',
      means: `More than half of the values and minutes ${WHAT[layer]}.`,
      is: (cell) => share(cell) > 0.5,
      draw(context, x, y, _cell, colours) {
        full(context, x, y, colours.diff)
        cross(context, x, y, colours.panel)
      },
    },
    ...STEPS.toReversed().map(({ to, fill, word }, index, steps): CompareKind => {
      const from = steps.at(index + 1)?.to ?? 0
      return {
        key: word,
        word,
        means: `More than ${from * 100} % and at most ${to * 100} % of the values and minutes ${WHAT[layer]}.`,
        is: (cell) => countOf(layer, cell) > 0 && share(cell) <= to && share(cell) > from,
        draw: (context, x, y, _cell, colours: GridColours) => filledTo(context, x, y, fill, colours.diff),
      }
    }),
    layer === 'unexplained'
      ? {
          key: 'explained',
          word: 'all explained',
          means: 'Every difference has a cause that was accepted. Explained is not equal.',
          is: ({ total }) => total > 0,
          draw: (context, x, y, _cell, colours) => signed(context, x, y, colours.quiet, colours.ink),
        }
      : {
          key: 'others',
          word: 'none of these',
          means: 'It has differences, but none of this kind.',
          is: ({ total }) => total > 0,
          draw: (context, x, y, _cell, colours) => box(context, x, y, colours.line),
        },
    {
      key: 'none',
      word: 'no difference',
      means: 'Every minute is equal or within tolerance.',
      is: () => true,
      draw: (context, x, y, _cell, colours) => dot(context, x, y, colours.pass, 4),
    },
  ]
}
