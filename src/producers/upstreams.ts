import { airqino } from './airqino/airqino.ts'
import { openMeteoKind } from './open-meteo/open-meteo.ts'
import { openWeatherMap } from './openweathermap/openweathermap.ts'
import { rteConsumption } from './rte/rte-consumption.ts'
import { rteGeneration } from './rte/rte-generation.ts'
import type { UpstreamKind } from './upstream-kind.ts'
import { visualCrossing } from './visual-crossing/visual-crossing.ts'

export interface UpstreamsOptions {
  /** Where Open-Meteo's archive is: undefined is the real one, null where its forecasts are. */
  readonly openMeteoArchiveUrl?: string | null | undefined
}

/** Every kind of API that readings come from. */
export function upstreamKinds({ openMeteoArchiveUrl = OPEN_METEO_ARCHIVE }: UpstreamsOptions = {}): readonly UpstreamKind[] {
  return [
    openWeatherMap,
    visualCrossing,
    openMeteoKind({ archiveUrl: openMeteoArchiveUrl }),
    rteConsumption,
    rteGeneration,
    airqino,
  ]
}

const OPEN_METEO_ARCHIVE = 'https://archive-api.open-meteo.com'
