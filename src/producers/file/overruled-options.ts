import type { SourceContext } from '../source.ts'
import type { OverruledSetting, RowMapping } from './row-mapping.ts'

const optionOf: Readonly<Record<OverruledSetting, string>> = {
  station: '--station',
  timeZone: '--time-zone',
  city: '--city',
  country: '--country',
  latitude: '--latitude',
  longitude: '--longitude',
  intervalMinutes: '--cadence',
}

const SETTINGS = Object.keys(optionOf) as OverruledSetting[]

/** Says once of each option that rows which say something else themselves do not take it: nobody meant them to. */
export function overruledTeller(): (mapping: RowMapping, context: SourceContext) => void {
  const told = new Set<OverruledSetting>()
  return ({ overruled }, { logger }) => {
    if (overruled === undefined || overruled.size === 0) return
    const unsaid = SETTINGS.filter((setting) => overruled.has(setting) && !told.has(setting))
    if (unsaid.length === 0) return
    for (const setting of unsaid) told.add(setting)
    const options = unsaid.map((setting) => optionOf[setting])
    logger.warn({ options }, `rows say something else than ${options.join(', ')}, and are taken as they say`)
  }
}
