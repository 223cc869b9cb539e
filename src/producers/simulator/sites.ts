import type { Place } from '../../events/reading.ts'

/** A place with a climate. */
export interface Site {
  readonly id: string
  readonly place: Place & { readonly latitude: number; readonly longitude: number }
  /** Cel, of the year */
  readonly meanTemperature: number
  /** Cel, from the year's mean to the warmest month's */
  readonly seasonalSwing: number
  /** Cel, from the day's mean to its warmest hour, under a clear summer sky */
  readonly dailySwing: number
  /** How much rain a front brings, 1 being Paris. */
  readonly wetness: number
  /** Fronts cross a region from west to east, so that its stations have them in turn. */
  readonly region: string
}

const site = (
  id: string,
  [city, country, latitude, longitude, timeZone]: readonly [string, string, number, number, string],
  climate: Omit<Site, 'id' | 'place'>,
): Site => ({ id, place: { city, country, latitude, longitude, timeZone }, ...climate })

const europe = { region: 'europe' }

export const PARIS = site('sim-paris', ['Paris', 'FR', 48.8566, 2.3522, 'Europe/Paris'], {
  ...{ meanTemperature: 12.2, seasonalSwing: 8, dailySwing: 5.5, wetness: 1 },
  ...europe,
})
export const LYON = site('sim-lyon', ['Lyon', 'FR', 45.764, 4.8357, 'Europe/Paris'], {
  ...{ meanTemperature: 12.8, seasonalSwing: 9.5, dailySwing: 6.5, wetness: 1.2 },
  ...europe,
})
const MADRID = site('sim-madrid', ['Madrid', 'ES', 40.4168, -3.7038, 'Europe/Madrid'], {
  ...{ meanTemperature: 15, seasonalSwing: 10, dailySwing: 8, wetness: 0.7 },
  ...europe,
})
const OSLO = site('sim-oslo', ['Oslo', 'NO', 59.9139, 10.7522, 'Europe/Oslo'], {
  ...{ meanTemperature: 6.5, seasonalSwing: 11, dailySwing: 5, wetness: 1.1 },
  ...europe,
})
const SYDNEY = site('sim-sydney', ['Sydney', 'AU', -33.8688, 151.2093, 'Australia/Sydney'], {
  ...{ meanTemperature: 18.2, seasonalSwing: 5.2, dailySwing: 4.5, wetness: 1.5 },
  region: 'tasman',
})
const ACCRA = site('sim-air-accra', ['Accra', 'GH', 5.6037, -0.187, 'Africa/Accra'], {
  ...{ meanTemperature: 27, seasonalSwing: 1.5, dailySwing: 3.5, wetness: 1.3 },
  region: 'guinea',
})

/** One in the southern hemisphere. */
export const WEATHER_SITES: readonly Site[] = [PARIS, LYON, MADRID, OSLO, SYDNEY]

/** An air station has the weather of its site; Paris has both kinds. */
export const AIR_SITES: readonly Site[] = [{ ...PARIS, id: 'sim-air-paris' }, ACCRA]

export const ENERGY_ZONE = 'sim-FR'
export const ENERGY_PLACE: Place = {
  city: null,
  country: 'FR',
  latitude: 46.6,
  longitude: 2.4,
  timeZone: 'Europe/Paris',
}
