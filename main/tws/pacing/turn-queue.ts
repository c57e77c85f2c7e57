/** Numbers turns in the order in which they were queued, over several queues. */
export class TurnCounter {
  #last = 0

  next(): number {
    return ++this.#last
  }
}

/** Where an item, or a group of items that share a key, waits. */
export interface Place<T> {
  /** The item itself; of a group one that was in it, since all are alike in its key. */
  readonly item: T
}

interface Spot<T> extends Place<T> {
  readonly group: Group<T>
  members: Group<T> | undefined
  /** When it was queued last; lower is earlier. */
  turn: number
  before: Spot<T> | undefined
  after: Spot<T> | undefined
}

interface Group<T> {
  readonly key: string
  /** Where the group itself waits; undefined for the whole queue. */
  readonly spot: Spot<T> | undefined
  readonly spots: Map<string, Spot<T>>
  first: Spot<T> | undefined
  last: Spot<T> | undefined
}

/**
 * A queue whose groups take turns: a group that was served goes to the end, and so do the groups within it, level by level.
 * Within the innermost group items keep their order. Adding, removing and serving cost the depth, not the length.
 */
export class TurnQueue<T> {
  readonly #turns: TurnCounter
  readonly #root: Group<T> = emptyGroup('', undefined)

  constructor(turns: TurnCounter) {
    this.#turns = turns
  }

  get isEmpty(): boolean {
    return this.#root.first === undefined
  }

  /** Queues an item within nested groups; at least one key, outermost first. */
  add(path: readonly string[], item: T): Place<T> {
    let group = this.#root
    for (const key of path) {
      let spot = group.spots.get(key)
      if (spot === undefined) {
        spot = this.#append(group, item)
        spot.members = emptyGroup(key, spot)
        group.spots.set(key, spot)
      }
      group = spot.members ?? group
    }
    return this.#append(group, item)
  }

  /** Takes an item out; groups keep their turn. */
  remove(place: Place<T>): void {
    for (let gone = spotOf(place); ; gone = gone.group.spot) {
      unlink(gone)
      if (gone.members !== undefined) gone.group.spots.delete(gone.members.key)
      if (gone.group.first !== undefined || gone.group.spot === undefined) return
    }
  }

  /** Takes an item out and ends the turn of every group that it was in. */
  serve(place: Place<T>): void {
    this.remove(place)
    for (let { spot } = spotOf(place).group; spot !== undefined; spot = spot.group.spot) {
      if (spot.members?.first === undefined) continue
      unlink(spot)
      this.#link(spot)
    }
  }

  /**
   * The first item in order of turns that passes. `passes` is asked about groups, with the level of their key (0 is outermost),
   * and a group that does not pass is skipped as a whole; items within the innermost group are not asked about.
   */
  find(passes: (item: T, level: number) => boolean): Place<T> | undefined {
    return findIn(this.#root, 0, passes)
  }

  /** When the outermost group of an item was queued, as the counter numbers it. */
  turnOf(place: Place<T>): number {
    let spot = spotOf(place)
    while (spot.group.spot !== undefined) spot = spot.group.spot
    return spot.turn
  }

  #append(group: Group<T>, item: T): Spot<T> {
    const spot: Spot<T> = { item, group, members: undefined, turn: 0, before: undefined, after: undefined }
    this.#link(spot)
    return spot
  }

  #link(spot: Spot<T>): void {
    const { group } = spot
    spot.turn = this.#turns.next()
    spot.before = group.last
    if (group.last === undefined) group.first = spot
    else group.last.after = spot
    group.last = spot
  }
}

function emptyGroup<T>(key: string, spot: Spot<T> | undefined): Group<T> {
  return { key, spot, spots: new Map(), first: undefined, last: undefined }
}

/** A place is handed out as less than it is, so that nobody else moves it. */
function spotOf<T>(place: Place<T>): Spot<T> {
  return place as Spot<T>
}

function unlink<T>(spot: Spot<T>): void {
  const { group, before, after } = spot
  if (before === undefined) group.first = after
  else before.after = after
  if (after === undefined) group.last = before
  else after.before = before
  spot.before = undefined
  spot.after = undefined
}

function findIn<T>(group: Group<T>, level: number, passes: (item: T, level: number) => boolean): Spot<T> | undefined {
  for (let spot = group.first; spot !== undefined; spot = spot.after) {
    if (spot.members === undefined) return spot
    if (!passes(spot.item, level)) continue
    const found = findIn(spot.members, level + 1, passes)
    if (found !== undefined) return found
  }
  return undefined
}
