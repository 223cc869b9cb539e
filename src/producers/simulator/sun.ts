import { DAY_MS, HOUR_MS } from '../../core/calendar.ts'

const RADIANS = Math.PI / 180
const YEAR_DAYS = 365.2425
/** The Earth's axial tilt, degrees. */
const TILT = 23.44
/** 2000-12-21, a winter solstice, in days since the epoch. */
const SOLSTICE_DAY = 11_312

/** Where in the year of the seasons an instant is: 0 at the northern winter solstice, 0.5 at the summer one. */
export function seasonOf(instant: number): number {
  const years = (instant / DAY_MS - SOLSTICE_DAY) / YEAR_DAYS
  return years - Math.floor(years)
}

/** Hours since midnight by the sun, 0 to 24, at a longitude in degrees east. */
export function solarHour(instant: number, longitude: number): number {
  const hours = instant / HOUR_MS + longitude / 15
  return hours - 24 * Math.floor(hours / 24)
}

/**
 * The sine of the sun's height over the horizon, negative at night. Declination by Cooper's approximation, without the equation of
 * time: good to a quarter of an hour.
 */
export function sunHeight(instant: number, latitude: number, longitude: number): number {
  const declination = -TILT * Math.cos(2 * Math.PI * seasonOf(instant)) * RADIANS
  const hourAngle = (solarHour(instant, longitude) - 12) * 15 * RADIANS
  const phi = latitude * RADIANS
  return Math.sin(phi) * Math.sin(declination) + Math.cos(phi) * Math.cos(declination) * Math.cos(hourAngle)
}
