import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Real recordings, which are not part of the project. */
const folder = fileURLToPath(new URL('../../../shared/data', import.meta.url))

export const recordings = {
  areThere: existsSync(folder),
  airqino: join(folder, 'airqino', '283164601.json'),
  eco2mix: join(folder, 'energy', 'eco2mix-national-2025-01.csv'),
  paris: join(folder, 'weather', 'paris-2025q1.csv'),
  madrid: join(folder, 'weather', 'madrid-2025q1.csv'),
}

/** For titles: says why the tests behind it are skipped. */
export const recorded = recordings.areThere ? 'recorded data' : 'recorded data (skipped: ../shared/data is not there)'
