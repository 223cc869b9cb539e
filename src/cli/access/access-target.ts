import type { Config } from '../../config/load-config.ts'
import { sqlViews } from '../../sinks/postgres/sql-views.ts'
import type { SetupTarget } from '../../warehouse/setup-step.ts'
import { loadCatalogue } from '../catalogue.ts'

/** All that windrow makes in Postgres: access is set up for what is there of it. */
export async function accessTarget(config: Config): Promise<SetupTarget> {
  const { views } = await loadCatalogue(config)
  const place = { latitude: config.latitude, longitude: config.longitude }
  return {
    schema: 'public',
    views: views.filter(({ stores }) => stores.includes('postgres')),
    sqlViews: sqlViews(place).map(({ name }) => name),
  }
}
