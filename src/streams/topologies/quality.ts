import { airReadings } from '../../events/air.ts'
import { energyReadings } from '../../events/energy.ts'
import { weatherReadings } from '../../events/weather.ts'
import { dataQualityView, ONLY_SERIES } from '../../views/quality.ts'
import { type ArrivalRule, arrivals } from '../aggregates/arrivals.ts'
import { assess, type QuantityRule } from '../aggregates/assessment.ts'
import { completeness } from '../aggregates/standard.ts'
import { aggregate } from '../operators/aggregate.ts'
import { derive, quotient } from '../operators/derive.ts'
import { keyBy } from '../operators/key-by.ts'
import { ofKind } from '../operators/of-kind.ts'
import { to } from '../operators/to.ts'
import { calendarDays } from '../operators/windows.ts'
import { withArrivals } from '../operators/with-arrivals.ts'
import { topology } from '../topology.ts'

/**
 * Gross error limits of Zahumensky, Guidelines on Quality Control Procedures for Data from Automatic Weather Stations (WMO, 2004). The spikes
 * are several of its greatest steps of a minute, since readings are of minutes to hours.
 */
const air: QuantityRule = { plausible: [-80, 60], spike: { above: 6 } }
const humidity: QuantityRule = { plausible: [0, 100], spike: { above: 25 } }

const weatherRules = {
  temperature: air,
  humidity,
  pressure: { plausible: [500, 1100], spike: { above: 4 } },
  windSpeed: { plausible: [0, 75], spike: { above: 20 } },
  windDirection: { plausible: [0, 360] },
  // The most that ever fell in a day: 1,825 mm on 7 and 8 January 1966 in Foc-Foc, La Réunion (WMO archive of extremes).
  precipitation: { plausible: [0, 1825] },
} as const satisfies Record<string, QuantityRule>

const airRules = {
  co: { plausible: [0, 100], spike: { above: 10 } },
  no2: { plausible: [0, 1000], spike: { above: 200 } },
  o3: { plausible: [0, 1000], spike: { above: 200 } },
  pm10: { plausible: [0, 10_000], spike: { above: 300 } },
  pm25: { plausible: [0, 2000], spike: { above: 150 } },
  temperature: air,
  humidity,
} as const satisfies Record<string, QuantityRule>

/** A hamlet and a country have no bounds in common but those of the schema. */
const energyRules = {
  value: { plausible: [-1_000_000, 10_000_000], spike: { aboveShare: 0.2 } },
} as const satisfies Record<string, QuantityRule>

/** Two hours: upstreams are mostly asked each hour, and take their time. What is a week old is no news to anybody. */
const arrivalRule: ArrivalRule = { inTimeSeconds: 2 * 3600, historySeconds: 7 * 24 * 3600 }

/** What each share weighs in the score. */
const WEIGHTS = { completeness: 40, validity: 30, timeliness: 15, regularity: 15 } as const

/** The shares and the score of a row. */
function judged(row: {
  readonly n: number
  readonly completeness: number
  readonly quantityN: number
  readonly valueN: number
  readonly implausibleN: number
  readonly judgedN: number
  readonly outlierN: number
  readonly timedN: number
  readonly lateN: number
}) {
  const validity = quotient(row.valueN - row.implausibleN, row.n * row.quantityN)
  const inTime = quotient(row.timedN - row.lateN, row.timedN)
  const regularity = quotient(row.judgedN - row.outlierN, row.judgedN)
  return {
    validity,
    timeliness: inTime,
    regularity,
    score:
      row.valueN === 0 ? 0 : 100 * weightedMean({ completeness: row.completeness, validity, timeliness: inTime, regularity }),
  }
}

/** The mean of the shares that are known. */
function weightedMean(shares: Readonly<Record<keyof typeof WEIGHTS, number | null>>): number {
  let sum = 0
  let weights = 0
  for (const [name, weight] of Object.entries(WEIGHTS) as Array<[keyof typeof WEIGHTS, number]>) {
    const share = shares[name]
    if (share === null) continue
    sum += weight * share
    weights += weight
  }
  return sum / weights
}

export const weatherDataQuality = topology('weather-data-quality', weatherReadings, (readings) =>
  readings.pipe(
    withArrivals(),
    keyBy('stationId'),
    calendarDays(),
    aggregate({ completeness: completeness(), ...arrivals(arrivalRule), ...assess(weatherRules) }),
    ofKind('weather', ONLY_SERIES),
    derive(2, (row) => judged(row)),
    to(dataQualityView),
  ),
)

export const airDataQuality = topology('air-data-quality', airReadings, (readings) =>
  readings.pipe(
    withArrivals(),
    keyBy('stationId'),
    calendarDays(),
    aggregate({ completeness: completeness(), ...arrivals(arrivalRule), ...assess(airRules) }),
    ofKind('air', ONLY_SERIES),
    derive(2, (row) => judged(row)),
    to(dataQualityView),
  ),
)

export const energyDataQuality = topology('energy-data-quality', energyReadings, (readings) =>
  readings.pipe(
    withArrivals(),
    keyBy('zoneId', 'subKey'),
    calendarDays(),
    aggregate({ completeness: completeness(), ...arrivals(arrivalRule), ...assess(energyRules) }),
    ofKind('energy', ONLY_SERIES),
    derive(2, (row) => judged(row)),
    to(dataQualityView),
  ),
)
