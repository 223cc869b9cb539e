import { timeZone } from '../../../src/core/time-zone.ts'
import type { AirReading, EnergyReading, Place, Reading, WeatherReading } from '../../../src/events/reading.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { airHourly, airStations, dailySensorMeans } from '../../../src/streams/topologies/air.ts'
import { dailyEnergySummary, energies, energyZones } from '../../../src/streams/topologies/energy.ts'
import { weatherDaily, weatherData, weatherHourly, weatherStations } from '../../../src/streams/topologies/weather.ts'
import type { Topology } from '../../../src/streams/topology.ts'
import { topologyDriver } from '../../../src/testing/topology-driver.ts'
import { upsertRows } from './postgres-rows.ts'

const MINUTE = 60_000
const DAY = 86_400_000

/** Zones with whole, half and quarter hours, whose clocks change by an hour, by half of one, or never. */
export const STAR_ZONES = [
  'Europe/Paris',
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/Havana',
  'UTC',
] as const

/** About the days on which clocks change in 2025, and a turn of the year. */
const SPANS = ['2024-12-31', '2025-03-09', '2025-03-30', '2025-04-06', '2025-10-05', '2025-10-26', '2025-11-02'].map((day) => {
  const noon = Date.parse(day) + DAY / 2
  return { start: noon - 2 * DAY, end: noon + 2 * DAY }
})

const station = (zone: string): string => zone.replace(/^.*\//, '').toLowerCase()

function reading(timestamp: number, intervalMinutes: number, zone: string): Reading {
  const location: Place = { city: station(zone), country: null, latitude: 10, longitude: 20, timeZone: zone }
  return { timestamp, intervalMinutes, location, revisedAt: null, ingestedAt: Date.parse('2030-01-01'), dataOrigin: 'test' }
}

/** The readings of a zone every so many minutes; some are missing. */
function times(zone: string, minutes: number): number[] {
  const all: number[] = []
  for (const { start, end } of SPANS) {
    // On the zone's own quarters, as a station's clock would have it.
    const first = start - (timeZone(zone).offsetAt(start) % (minutes * MINUTE))
    for (let at = first; at < end; at += minutes * MINUTE) if ((at / MINUTE) % 11 !== 0) all.push(at)
  }
  return all
}

const weather = (zone: string): WeatherReading[] =>
  times(zone, 15).map((at, i) => ({
    ...reading(at, 15, zone),
    stationId: station(zone),
    temperature: i % 5 === 0 ? null : (i % 37) - 5,
    humidity: 50,
    pressure: null,
    windSpeed: i % 7,
    windDirection: i % 360,
    precipitation: i % 3,
    weatherCondition: null,
    isRain: i % 3 > 0,
    isStorm: false,
    nextHourTemp: null,
    nextHourPrecip: null,
  }))

const air = (zone: string): AirReading[] =>
  times(zone, 30).map((at, i) => ({
    ...reading(at, 30, zone),
    stationId: station(zone),
    co: i % 4 === 0 ? null : i % 3,
    no2: i % 50,
    o3: null,
    pm10: i % 20,
    pm25: i % 6 === 0 ? null : i % 30,
    temperature: 5,
    humidity: 60,
  }))

const energy = (zone: string): EnergyReading[] =>
  times(zone, 15).flatMap((at, i) => [
    {
      ...reading(at, 15, zone),
      zoneId: station(zone),
      series: 'consumption' as const,
      productionType: null,
      value: 100 + (i % 50),
    },
    {
      ...reading(at, 15, zone),
      zoneId: station(zone),
      series: 'production' as const,
      productionType: 'SOLAR',
      value: (i % 30) - 2,
    },
  ])

/** Fills the tables of a schema with what the topologies make of a history of all zones. */
export async function fillStar(client: SqlClient, schema: string): Promise<void> {
  await fill(client, schema, [weatherData, weatherHourly, weatherDaily, weatherStations], STAR_ZONES.flatMap(weather))
  await fill(client, schema, [airHourly, dailySensorMeans, airStations], STAR_ZONES.flatMap(air))
  await fill(client, schema, [energies, dailyEnergySummary, energyZones], STAR_ZONES.flatMap(energy))
}

async function fill(
  client: SqlClient,
  schema: string,
  topologies: readonly Topology[],
  readings: readonly Reading[],
): Promise<void> {
  for (const topology of topologies) {
    const driver = topologyDriver(topology)
    driver.pipe(...readings)
    const rows = [...driver.rows().values()].map((row) => topology.view.columns.map(({ name }) => row[name] ?? null))
    await upsertRows(client, schema, topology.view, rows)
  }
}
