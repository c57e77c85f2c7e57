/** Set when the emulated application becomes ready; some calls are allowed only before, others only after. */
export const whenAppIsReady = { reached: false }
