/**
 * What a cause needs before it is reported. The numbers keep out what chance and independent noise do; docs/causes.md repeats
 * them for the operator.
 */

/** Differences that a cause must explain. Fewer can be looked at one by one. */
export const LEAST_DIFFERENCES = 20

/** The same for causes that touch at most one bar of a session, or few rows by their nature. */
export const LEAST_ROWS = 10

/** Sessions in which a cause about the edge of a session must show. */
export const LEAST_SESSIONS = 5

/**
 * Of what a cause is about (the compared values of its fields, the rows of its kind), the part that must become equal. Below 1
 * because other faults and noise may sit on the same rows; well above what a wrong hypothesis reaches.
 */
export const LEAST_FIT = 0.8

/** The same for filled rows among those that only the old side has: a repeated row is unlikely by itself. */
export const LEAST_FILL_FIT = 0.5

/** Rounding leaves nothing over: a value that is not the rounded one contradicts it. */
export const LEAST_ROUNDING_FIT = 0.95

/** A changed relation of values must remove two thirds of the misfits of the unchanged one. */
export const MOST_MISFIT_LEFT = 1 / 3

/** Part of the old values that must lie on the grid of a quantum, and least number of those that are not zero. */
export const LEAST_ON_GRID = 0.99
export const LEAST_GRID_VALUES = 10

/** Last bars must differ this many times as often as others before they are unfinished. */
export const LEAST_LAST_BAR_EXCESS = 3

/** Similarity (cosine of price changes and log volumes, 0 to 1) at which a shift is believed; chance stays below 0.3. */
export const LEAST_SIMILARITY = 0.3
/** By how much a shift must be more similar than none. */
export const LEAST_SIMILARITY_GAIN = 0.1
/** Similarity at which a session is not searched for shifts. */
export const SURE_SIMILARITY = 0.9

/** Distances from open or close at which rows must lie to be extended hours; a bar of the auction is always at the same one. */
export const LEAST_EXTENDED_PLACES = 5
/** Part of the minutes of the new side that the old side must have inside the hours, else its times are wrong. */
export const LEAST_COVERAGE_FOR_EXTENDED = 0.5

/** Another volume source: sampled pairs, spread of ratios (upper / lower quartile), correlation of logs, agreeing closes. */
export const LEAST_VOLUME_PAIRS = 200
export const LEAST_VOLUME_SPREAD = 1.1
export const LEAST_VOLUME_CORRELATION = 0.3
export const LEAST_CLOSE_AGREEMENT = 0.95
/** Part of the volumes that must differ. */
export const LEAST_VOLUME_DIFFERING = 0.7
/** Ratios beyond this many interquartile distances (of logs) outside the quartiles are not explained by another source. */
export const VOLUME_RATIO_REACH = 3
