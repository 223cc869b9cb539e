import { WindrowError } from '../../core/errors.ts'
import { airReadings } from '../../events/air.ts'
import { energyReadings } from '../../events/energy.ts'
import type { EventType } from '../../events/event-type.ts'
import { weatherReadings } from '../../events/weather.ts'
import { airqino } from './airqino.ts'
import { canonical } from './canonical.ts'
import { eco2mix } from './eco2mix.ts'
import type { Container } from './file-input.ts'
import { meteostat } from './meteostat.ts'
import type { FileFormat } from './row-mapping.ts'

const FILE_FORMAT_NAMES = ['airqino', 'eco2mix', 'meteostat', 'canonical'] as const

/** The kinds of reading that windrow brings along. */
const BUILT_IN_EVENTS: readonly EventType[] = [
  weatherReadings as EventType,
  energyReadings as EventType,
  airReadings as EventType,
]

/** The format of that name; without one, what the beginning of the file looks like. Throws WR_FILE_FORMAT for an unknown name. */
export function fileFormat(
  name: string | null,
  container: Container,
  head: string,
  events: readonly EventType[] = BUILT_IN_EVENTS,
): FileFormat {
  const formats = [airqino, eco2mix, meteostat, canonical(events)]
  const wanted = name ?? guess(container, head)
  const format = formats.find((each) => each.name === wanted)
  if (format !== undefined) return format
  throw new WindrowError('WR_FILE_FORMAT', {
    message: `There is no file format called ${JSON.stringify(wanted)}.`,
    remedy: `Give --format as one of: ${FILE_FORMAT_NAMES.join(', ')}.`,
    kind: 'usage',
    facts: { format: wanted },
  })
}

function guess(container: Container, head: string): (typeof FILE_FORMAT_NAMES)[number] {
  if (container === 'csv') {
    const columns = new Set((head.split('\n', 1)[0] ?? '').split(/[,;\t]/).map((column) => column.trim().toLowerCase()))
    if (columns.has('start_utc') && columns.has('consumption_mw')) return 'eco2mix'
    if (columns.has('time') && columns.has('temp')) return 'meteostat'
  }
  if (container === 'json' && head.includes('"station_name"') && head.includes('"data"')) return 'airqino'
  return 'canonical'
}
