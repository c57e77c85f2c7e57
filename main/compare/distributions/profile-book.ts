import { ErrorProfile, type ProfileData } from './error-profile.ts'
import { LogSketch } from './log-sketch.ts'

/** What differences are told apart by, beside their field: nothing, symbol, session date, or minute since the session opened. */
export const PROFILE_DIMENSIONS = ['all', 'symbol', 'day', 'minute'] as const
export type ProfileDimension = (typeof PROFILE_DIMENSIONS)[number]

/** The profiles of one field in one dimension by their key; the key of `all` is `all`. */
export interface ProfilePage {
  readonly dimension: ProfileDimension
  readonly field: string
  readonly profiles: Readonly<Record<string, ProfileData>>
}

/** The profiles of a run, or of one symbol of it; books of disjoint minutes merge into that of all of them. */
export class ProfileBook {
  readonly #pages = new Map<string, Map<string, ErrorProfile>>()
  readonly #bits: Partial<Record<ProfileDimension, number>>

  /** @param bits of the sketches in a dimension, see {@link LogSketch}; fewer take less memory and are less exact. */
  constructor(bits: Partial<Record<ProfileDimension, number>> = {}) {
    this.#bits = bits
  }

  /** The profile with this key, made when it is not there. */
  profile(dimension: ProfileDimension, field: string, key: string): ErrorProfile {
    const page = this.#page(dimension, field)
    let profile = page.get(key)
    if (profile === undefined) {
      profile = new ErrorProfile(new LogSketch(this.#bits[dimension]))
      page.set(key, profile)
    }
    return profile
  }

  merge(pages: readonly ProfilePage[]): void {
    for (const { dimension, field, profiles } of pages) {
      const page = this.#page(dimension, field)
      for (const [key, data] of Object.entries(profiles)) {
        const profile = page.get(key)
        if (profile === undefined) page.set(key, ErrorProfile.from(data))
        else profile.merge(ErrorProfile.from(data))
      }
    }
  }

  pages(): readonly ProfilePage[] {
    return [...this.#pages].map(([name, page]) => {
      const [dimension, field] = name.split(' ')
      return {
        dimension: dimension as ProfileDimension,
        field,
        profiles: Object.fromEntries([...page].map(([key, profile]) => [key, profile.toData()])),
      }
    })
  }

  #page(dimension: ProfileDimension, field: string): Map<string, ErrorProfile> {
    const name = `${dimension} ${field}`
    let page = this.#pages.get(name)
    if (page === undefined) {
      page = new Map()
      this.#pages.set(name, page)
    }
    return page
  }
}
