import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const VIEWS = [
  'weather_data',
  'weather_hourly',
  'weather_daily',
  'weather_monthly',
  'energies',
  'daily_energy_summary',
  'air_hourly',
  'daily_sensor_means',
  'stations',
]

export type ExportedViews = ReadonlyMap<string, string>

/** The text of every view, by the command line's `export`, which `succeed` runs with these arguments. */
export async function exportViews(folder: string, succeed: (args: readonly string[]) => Promise<void>): Promise<ExportedViews> {
  const exported = new Map<string, string>()
  for (const view of VIEWS) {
    const path = join(folder, `${view}.csv`)
    await succeed(['export', view, '--output', path])
    exported.set(view, await readFile(path, 'utf8'))
  }
  return exported
}

/** The verdict in a line: whether all views are the same to the byte. */
export function compareViews(calm: ExportedViews, chaos: ExportedViews): { readonly same: boolean; readonly verdict: string } {
  const different = VIEWS.filter((view) => calm.get(view) !== chaos.get(view))
  const rows = [...calm.values()].reduce((sum, text) => sum + text.split('\n').length - 2, 0)
  const same = different.length === 0
  const verdict = same
    ? `all ${VIEWS.length} views (${rows} rows) are the same to the byte`
    : `these views differ: ${different.join(', ')}`
  return { same, verdict }
}
