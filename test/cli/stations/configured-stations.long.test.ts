import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configuredStations, type StationChoice } from '../../../src/cli/stations/configured-stations.ts'
import { stretchNotes } from '../../../src/cli/stations/stretched.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { isWindrowError } from '../../../src/core/errors.ts'
import { fakeKinds } from './fake-kinds.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-stations-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const all = {
  METEO_API_KEY: 'k1-secret',
  VISUAL_CROSSING_API_KEY: 'k2-secret',
  RTE_CLIENT_ID: 'id1',
  RTE_CLIENT_SECRET: 's1-secret',
  RTE_CLIENT_ID_2: 'id2',
  RTE_CLIENT_SECRET_2: 's2-secret',
}

const stations = (environment: Readonly<Record<string, string>>, choice: StationChoice = {}) =>
  configuredStations(loadConfig(environment, folder), fakeKinds, choice)
const ids = (environment: Readonly<Record<string, string>>, choice: StationChoice = {}) =>
  stations(environment, choice).map(({ kind, station }) => `${kind.name} ${station.id}`)
const write = (file: unknown) => writeFileSync(join(folder, 'windrow.config.json'), JSON.stringify(file))

function codeOf(environment: Readonly<Record<string, string>>, choice: StationChoice = {}): string {
  try {
    return `taken: ${ids(environment, choice).join(', ')}`
  } catch (error) {
    if (isWindrowError(error)) return error.code
    throw error
  }
}

function messageOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (isWindrowError(error)) return error.message
    throw error
  }
  return 'nothing is wrong'
}

describe('without a file, stations are those of the environment', () => {
  test('none where no key is set', () => {
    expect(ids({})).toEqual([])
  })

  test('every source that has a key, at Paris unless LAT and LON say otherwise', () => {
    expect(ids(all)).toEqual([
      'openweathermap station_Paris_FR',
      'visual-crossing station_Paris_FR_visual-crossing',
      'rte-consumption FR',
      'rte-generation FR',
    ])
    expect(stations({ METEO_API_KEY: 'k1-secret' })[0]?.station).toEqual({
      id: 'station_Paris_FR',
      upstreamId: null,
      place: { city: 'Paris', country: 'FR', latitude: 48.8566, longitude: 2.3522, timeZone: 'Europe/Paris' },
    })
  })

  test('a place has its own zone and, without a city, an id of its coordinates', () => {
    const [oslo] = stations({ METEO_API_KEY: 'k1-secret', LAT: '59.9139', LON: '10.7522' })
    expect(oslo?.station).toMatchObject({ id: 'station_59.91_10.75', place: { city: null, timeZone: 'Europe/Oslo' } })
    const named = { METEO_API_KEY: 'k1-secret', LAT: '40.7', LON: '-74', WINDROW_CITY: 'New York', WINDROW_COUNTRY: 'US' }
    expect(stations(named)[0]?.station).toMatchObject({ id: 'station_New-York_US', place: { timeZone: 'America/New_York' } })
    expect(stations({ ...named, WINDROW_TIME_ZONE: 'UTC' })[0]?.station.place.timeZone).toBe('UTC')
  })

  test('sources without a key are taken when they are named, and naming narrows the others', () => {
    expect(ids({ ...all, WINDROW_SOURCES: 'open-meteo,airqino' })).toEqual([
      'open-meteo station_Paris_FR_open-meteo',
      'airqino 283181971',
      'airqino 283164601',
    ])
    expect(ids({}, { sources: ['open-meteo'] })).toEqual(['open-meteo station_Paris_FR'])
  })

  test('an id is the same whichever of the sources are chosen', () => {
    const id = 'visual-crossing station_Paris_FR_visual-crossing'
    expect(ids(all, { sources: ['visual-crossing'] })).toEqual([id])
    expect(ids({ ...all, WINDROW_SOURCES: 'visual-crossing' })).toEqual([id])
  })

  test('a key can stand in a file', () => {
    writeFileSync(join(folder, 'key'), 'k1-secret\n')
    const [station] = stations({ METEO_API_KEY_FILE: join(folder, 'key') })
    expect(station?.credentials.kind === 'key' && station.credentials.key.reveal()).toBe('k1-secret')
  })

  test('--station chooses among them; of airqino any number is taken', () => {
    expect(ids(all, { stations: ['station_Paris_FR'] })).toEqual(['openweathermap station_Paris_FR'])
    expect(ids(all, { stations: ['FR'] })).toEqual(['rte-consumption FR', 'rte-generation FR'])
    const [other] = stations({}, { sources: ['airqino'], stations: ['42'] })
    expect(other?.station).toMatchObject({ id: '42', upstreamId: '42' })
    expect(codeOf(all, { stations: ['42'] })).toBe('WR_STATION_UNKNOWN')
  })

  test('what cannot be asked is refused, with the remedy', () => {
    expect(codeOf({}, { sources: ['openweathermap'] })).toBe('WR_SOURCE_KEY')
    expect(codeOf({}, { sources: ['openwether'] })).toBe('WR_SOURCE_UNKNOWN')
    expect(codeOf(all, { schedule: { cron: 'now and then' } })).toBe('WR_SCHEDULE')
  })

  test('the address of an API is a setting', () => {
    expect(stations({ ...all, RTE_URL: 'http://127.0.0.1:8/rte/' }).map(({ baseUrl }) => baseUrl)).toEqual([
      'https://openweathermap.test',
      'https://visual-crossing.test',
      'http://127.0.0.1:8/rte',
      'http://127.0.0.1:8/rte',
    ])
  })
})

describe('a file lists stations', () => {
  const lyon = { source: 'openweathermap', city: 'Lyon', country: 'FR', latitude: 45.764, longitude: 4.8357 }

  test('which are taken instead of the environment, with their ids, places and schedules', () => {
    write({
      stations: [
        { ...lyon, source: 'visual-crossing', at: '06:30' },
        { ...lyon, id: 'roof', interval_seconds: 1800 },
        { source: 'airqino', upstream_id: 7, time_zone: 'Africa/Accra', options: { co_unit: 'ug/m3' } },
      ],
      sources: { openweathermap: { url: 'http://127.0.0.1:1/', backfill_days: 1 }, airqino: { cron: '5 * * * *' } },
    })
    const found = stations(all)
    expect(found.map(({ station, cadence }) => [station.id, cadence])).toEqual([
      ['roof', { kind: 'interval', seconds: 1800 }],
      ['station_Lyon_FR', { kind: 'daily', times: ['06:30'], timeZone: 'Europe/Paris' }],
      ['7', { kind: 'cron', expression: '5 * * * *', timeZone: 'Africa/Accra' }],
    ])
    expect(found[0]).toMatchObject({ baseUrl: 'http://127.0.0.1:1', backfillMs: 86_400_000 })
    expect(found[2]?.station.options).toEqual({ coUnit: 'ug/m3' })
  })

  test('which are refused together where their readings would be taken for each other’s', () => {
    write({ stations: [lyon, { ...lyon, source: 'open-meteo', id: 'station_Lyon_FR' }] })
    // The one whose id nobody gave gets another.
    expect(ids(all)).toEqual(['openweathermap station_Lyon_FR_openweathermap', 'open-meteo station_Lyon_FR'])
    write({
      stations: [
        { ...lyon, id: 'a' },
        { ...lyon, source: 'open-meteo', id: 'a' },
      ],
    })
    expect(codeOf(all)).toBe('WR_STATION_TWICE')
    write({ stations: [lyon, lyon] })
    expect(codeOf(all)).toBe('WR_STATION_TWICE')
    write({
      stations: [
        { ...lyon, id: 'a' },
        { source: 'airqino', id: 'a', upstream_id: 1 },
      ],
    })
    expect(codeOf(all)).toBe('taken: openweathermap a, airqino a')
  })

  test('all that only the sources know to be wrong in it is told at once, with its lines', () => {
    const file = {
      stations: [
        { source: 'airqino', upstream_id: 1, options: { co_unit: 'ppm', co_units: 'mg/m3' } },
        { ...lyon, id: 'a' },
        { ...lyon, id: 'a', source: 'open-meteo', options: { model: 'x' } },
      ],
    }
    writeFileSync(join(folder, 'windrow.config.json'), JSON.stringify(file, null, 1))
    expect(messageOf(() => stations(all)).split('\n')).toEqual([
      '4 settings are wrong:',
      '  windrow.config.json:7 stations[0].options.co_unit cannot be "ppm" (an option of airqino). It is one of: mg/m3, ug/m3.',
      '  windrow.config.json:8 stations[0].options.co_units is unknown (an option of airqino). Its options are: timestamp_zone, co_unit.',
      '  windrow.config.json:27 stations[2].options.model is unknown (an option of open-meteo). Leave it out: it has no options.',
      '  windrow.config.json:25 stations[2].id makes the station a of open-meteo the same as a of openweathermap (stations[1]): their readings would be taken for revisions of each other. Give each an id of its own, for instance a and a_open-meteo, or remove one of them.',
    ])
    expect(codeOf(all)).toBe('WR_CONFIG_INVALID')
    write({ stations: file.stations.slice(0, 2) })
    expect(codeOf(all)).toBe('WR_STATION_OPTION')
  })

  test('a mistake in it is told like one in the environment, with its line', () => {
    writeFileSync(join(folder, 'windrow.config.json'), '{\n  "stations": [{ "source": "open-meteo", "latitude": 1 }]\n}')
    expect(() => loadConfig({}, folder)).toThrow(/windrow\.config\.json:2 stations\[0\]/)
    expect(() => loadConfig({ WINDROW_CONFIG: 'elsewhere.json' }, folder)).toThrow(/elsewhere\.json cannot be read/)
  })
})

test('intervals that the quota does not allow are stretched together, and said', () => {
  const [alone] = stations({ METEO_API_KEY: 'k1-secret' })
  // 1,000 a day.
  expect(alone?.cadence).toEqual({ kind: 'interval', seconds: 87 })
  const places = Array.from({ length: 10 }, (_, i) => ({ source: 'openweathermap', latitude: i, longitude: 0 }))
  write({ stations: places })
  const ten = stations(all)
  expect(ten.map(({ cadence }) => cadence)).toEqual(ten.map(() => ({ kind: 'interval', seconds: 864 })))
  const quota = 'its quota (60 calls in a minute and 1,000 in a day)'
  // Nobody asked for a minute.
  expect(stretchNotes(ten)).toEqual([
    { isAsked: false, text: `OPENWEATHERMAP: 10 stations polled every 864 seconds, as often as ${quota} allows.` },
  ])
  expect(stretchNotes(stations(all, { schedule: { interval_seconds: 60 } }))).toEqual([
    {
      isAsked: true,
      text: `OPENWEATHERMAP: ${quota} is too small for 10 stations as asked for: every minute becomes every 864 seconds.`,
    },
  ])
  write({ stations: places, sources: { openweathermap: { interval_seconds: 900 } } })
  expect(stretchNotes(stations(all))).toEqual([])
  write({ stations: places, sources: { openweathermap: { quota: [] } } })
  expect(stations(all)[0]?.cadence).toEqual({ kind: 'interval', seconds: 60 })
})
