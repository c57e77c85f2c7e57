/** A halt lasts at least five minutes (US rule 201 of the limit-up limit-down plan: "Trading Pause ... five minutes"). */
const SHORTEST_HALT_MINUTES = 5

/** A session that has this share of its minutes outside the longest run without trades is one that trades all the time. */
const BUSY_SHARE = 0.95

/** Of fewer minutes with trades nobody can say whether the rest is a halt or a name that hardly trades. */
const FEWEST_BUSY_MINUTES = 10

/** Whether a run of `minutes` without bars is a halt, in a session of `slots` minutes of which `present` have bars. */
export function isHalt(minutes: number, present: number, slots: number): boolean {
  const busy = Math.max(FEWEST_BUSY_MINUTES, BUSY_SHARE * (slots - minutes))
  return minutes >= SHORTEST_HALT_MINUTES && present >= busy
}
