/** Where a reading was taken. */
export interface Place {
  readonly city: string | null
  readonly country: string | null
  /** Degrees north, WGS 84. */
  readonly latitude: number | null
  /** Degrees east, WGS 84. */
  readonly longitude: number | null
  /** IANA name, for instance `Europe/Paris`: decides to which local day a reading belongs. */
  readonly timeZone: string
}

/** What every reading says of itself. All times are milliseconds since the epoch, UTC. */
export interface Reading {
  /** Start of the interval. */
  readonly timestamp: number
  /** Length of the interval in whole minutes, 1 to 1440. */
  readonly intervalMinutes: number
  readonly location: Place
  /** When upstream (or the producer) revised the value; null for the first. Of two readings with one identity the higher wins. */
  readonly revisedAt: number | null
  /** The producer's clock when it published: no part of rows or equality. */
  readonly ingestedAt: number
  /** Who said it, for instance `airqino` or `simulator`: no part of rows or equality. */
  readonly dataOrigin: string
}

export interface WeatherReading extends Reading {
  readonly stationId: string
  /** Cel */
  readonly temperature: number | null
  /** %, relative */
  readonly humidity: number | null
  /** hPa */
  readonly pressure: number | null
  /** m/s */
  readonly windSpeed: number | null
  /** Degrees clockwise from north, where the wind comes from. */
  readonly windDirection: number | null
  /** mm in the interval */
  readonly precipitation: number | null
  readonly weatherCondition: string | null
  readonly isRain: boolean | null
  readonly isStorm: boolean | null
  /** Cel, upstream's forecast for the hour after. */
  readonly nextHourTemp: number | null
  /** mm, upstream's forecast for the hour after. */
  readonly nextHourPrecip: number | null
}

export interface EnergyReading extends Reading {
  readonly zoneId: string
  readonly series: 'consumption' | 'production'
  /** `SOLAR`, `WIND`, ...; null for consumption. */
  readonly productionType: string | null
  /** MW, mean over the interval */
  readonly value: number | null
}

export interface AirReading extends Reading {
  readonly stationId: string
  /** mg/m3 */
  readonly co: number | null
  /** ug/m3 */
  readonly no2: number | null
  /** ug/m3 */
  readonly o3: number | null
  /** ug/m3 */
  readonly pm10: number | null
  /** ug/m3 */
  readonly pm25: number | null
  /** Cel */
  readonly temperature: number | null
  /** %, relative */
  readonly humidity: number | null
}
