import { dimDate } from './sql-views/dim-date.ts'
import { dimHour } from './sql-views/dim-hour.ts'
import { dimStation } from './sql-views/dim-station.ts'
import { factAir } from './sql-views/fact-air.ts'
import { factEnergy } from './sql-views/fact-energy.ts'
import { factWeather } from './sql-views/fact-weather.ts'
import { goldWeatherAggregates } from './sql-views/gold-weather-aggregates.ts'
import { meteo, type Place } from './sql-views/meteo.ts'
import type { SqlView } from './sql-views/sql-view.ts'

/** A star schema over the views, for BI tools. */
export const starSchema: readonly SqlView[] = [dimStation, dimDate, dimHour, factWeather, factAir, factEnergy]

/** The views in SQL that are kept beside the tables. `place` is where `meteo` is about; null: there is no `meteo`. */
export function sqlViews(place: Place | null): readonly SqlView[] {
  return [...(place === null ? [] : [meteo(place)]), goldWeatherAggregates, ...starSchema]
}
