import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder `data` beside the source. A bundle has it elsewhere and says where when it creates its engine. */
export const SOURCE_DATA_FOLDER = fileURLToPath(new URL('../../data', import.meta.url))

export const BUILT_IN_CALENDARS = join(SOURCE_DATA_FOLDER, 'calendars')

export const BUILT_IN_SCENARIOS = join(SOURCE_DATA_FOLDER, 'scenarios')

export const BUILT_IN_FEATURE_SETS = join(SOURCE_DATA_FOLDER, 'features')
