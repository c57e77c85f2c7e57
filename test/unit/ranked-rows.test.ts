import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RankedRows } from '#main/rpc/ranked-rows.ts'

test('pages of rows are those of a stable sort, whatever was let go on the way', () => {
  const sizes = fc.array(fc.constantFrom(-1, 0, 1, 2, 3.5, Infinity), { maxLength: 60 })
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 1, max: 20 }),
      fc.nat(25),
      fc.nat(25),
      fc.constantFrom('largest' as const, 'time' as const),
      (all, most, from, count, order) => {
        const ranked = new RankedRows(order, most)
        all.forEach((size, i) => ranked.add(i >> 3, i & 7, size))
        const places = all.map((_size, i) => i)
        if (order === 'largest') places.sort((a, b) => (all[a] === all[b] ? a - b : all[b] - all[a]))
        const expected = places.slice(0, most).slice(from, from + count)
        expect(ranked.total).toBe(all.length)
        expect(ranked.page(from, from + count).map(({ session, row }) => 8 * session + row)).toEqual(expected)
      },
    ),
  )
})
