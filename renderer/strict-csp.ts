import { z } from 'zod'

/**
 * The page's content security policy forbids making code from strings. Without this, zod tries it once to see whether it may,
 * which the browser reports as a violation. Must be evaluated before any module that declares a schema.
 */
z.config({ jitless: true })
