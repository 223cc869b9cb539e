import { objectWriter } from '../../api/cell-text.ts'
import { shownText } from '../../core/shown-text.ts'
import { formatInstant } from '../../views/instant.ts'
import { stationsView } from '../../views/stations.ts'
import type { Cell } from '../../views/view.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { viewRows } from '../export/view-rows.ts'
import { withSession } from '../session.ts'
import { renderFitting } from '../table.ts'

const columns = [
  { title: 'kind' },
  { title: 'station' },
  { title: 'place' },
  { title: 'country', spare: 2 },
  { title: 'time zone' },
  { title: 'minutes', align: 'right', spare: 1 },
  { title: 'first reading', spare: 3 },
  { title: 'last reading' },
] as const

/** `windrow stations`: every station and zone, from the view of that name. */
export async function stations(context: CliContext, options: { readonly json?: boolean }): Promise<ExitCode> {
  return withSession(context, async ({ log, topicOfView }) => {
    const topic = await topicOfView(stationsView)
    const rows: Array<readonly Cell[]> = []
    if (topic !== null)
      for await (const batch of viewRows(log, stationsView, topic, { signal: context.signal })) rows.push(...batch)
    if (options.json === true) {
      const write = objectWriter(stationsView.columns)
      await context.stdout.write(`[${rows.map((cells) => `\n${write(cells)}`).join(',')}\n]\n`)
    } else if (rows.length === 0) {
      await context.stderr.write('No station yet: publish readings, then run `windrow run --until-end`.\n')
    } else {
      await context.stdout.write(renderFitting(columns, rows.map(stationRow), context.stdout))
    }
    return 0
  })
}

const place = stationsView.columns.findIndex(({ column }) => column === 'city')

/** Where a station is that names no city: `5.369, 0.050`, degrees north and east. */
function coordinates(latitude: Cell | undefined, longitude: Cell | undefined): string | null {
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return null
  return `${latitude.toFixed(3)}, ${longitude.toFixed(3)}`
}

/** A row of the table, from one of the view. */
export function stationRow(cells: readonly Cell[]): string[] {
  const [kind, station] = cells
  const [city, country, latitude, longitude, zone, minutes, first, last] = cells.slice(place)
  const text = (cell: Cell | undefined): string => (cell === null || cell === undefined ? '' : shownText(String(cell)))
  const minute = (cell: Cell | undefined): string => (typeof cell === 'number' ? `${formatInstant(cell).slice(0, 16)}Z` : '')
  return [
    text(kind),
    text(station),
    text(city ?? coordinates(latitude, longitude)),
    text(country),
    text(zone),
    text(minutes),
    minute(first),
    minute(last),
  ]
}
