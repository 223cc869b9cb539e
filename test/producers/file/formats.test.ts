import { describe, expect, test } from 'vitest'
import { fileSource } from '../../../src/producers/file/file-source.ts'
import { polled } from '../polled.ts'
import { tempDir } from '../temp-dir.ts'

const dir = tempDir()

const UTC = { city: null, country: null, latitude: null, longitude: null, timeZone: 'UTC' }

describe('an AirQino file', () => {
  const file = dir.write(
    'station-7.json',
    JSON.stringify({
      header: { station_name: 'SMART188', station_lat: 5.369345664978027, station_lon: 0.05 },
      data: [
        {
          timestamp: '2023-09-10 11:00:00',
          CO: 0.0,
          T: 29.376667,
          'T. int.': 407.9,
          NO2: 17.8,
          O3: 35.5,
          PM10: 9.9,
          'PM2.5': 2.9333334,
          RH: 73.7,
        },
        { timestamp: '2023-09-10 12:00:00', CO: 0.4, T: null },
      ],
    }),
  )

  test('gives hourly air readings in UTC, with the station named like the file and the place of its header', async () => {
    const { readings, bad, lines } = await polled(await fileSource({ path: file, format: 'airqino' }))
    expect(bad).toEqual([])
    expect(lines).toEqual([])
    expect(readings).toEqual([
      {
        timestamp: Date.UTC(2023, 8, 10, 11),
        intervalMinutes: 60,
        location: { ...UTC, latitude: 5.369345664978027, longitude: 0.05 },
        revisedAt: null,
        ingestedAt: 0,
        dataOrigin: 'airqino',
        stationId: 'station-7',
        co: 0,
        no2: 17.8,
        o3: 35.5,
        pm10: 9.9,
        pm25: 2.9333334,
        temperature: 29.376667,
        humidity: 73.7,
      },
      expect.objectContaining({ co: 0.4, no2: null, o3: null, pm10: null, pm25: null, temperature: null, humidity: null }),
    ])
  })

  test('is read in the zone, for the station and at the place that the user gives', async () => {
    const settings = { station: 'accra', timeZone: 'Africa/Lagos', latitude: 6, city: 'Lagos', country: 'NG' }
    const { readings } = await polled(await fileSource({ path: file, settings }))
    expect(readings[0]).toMatchObject({
      timestamp: Date.UTC(2023, 8, 10, 10),
      stationId: 'accra',
      location: { city: 'Lagos', country: 'NG', latitude: 6, longitude: 0.05, timeZone: 'Africa/Lagos' },
    })
  })

  test('of a station that gives CO in ug/m3 is turned into mg/m3', async () => {
    const { readings } = await polled(await fileSource({ path: file, settings: { coUnit: 'ug/m3' } }))
    expect(readings.map(({ co }) => co)).toEqual([0, 0.0004])
  })

  test('may have its header behind the data', async () => {
    const late = dir.write(
      'late.json',
      '{"data":[{"timestamp":"2023-09-10 11:00:00"}],"header":{"station_lat":1.5,"station_lon":2.5}}',
    )
    const { readings } = await polled(await fileSource({ path: late, format: 'airqino' }))
    expect(readings.map(({ location }) => [location.latitude, location.longitude])).toEqual([[1.5, 2.5]])
  })
})

describe('an eCO2mix file', () => {
  const file = dir.write(
    'national.csv',
    'start_utc,consumption_mw,solar_mw,wind_mw,co2_g_per_kwh,forecast_d1_mw\n' +
      '2024-12-31T23:00:00Z,63949,0,10887,22,64000\n' +
      '2024-12-31T23:15:00Z,,-2,10944,21,63350\n',
  )

  test('gives a reading of consumption and one of each type column, every quarter of an hour', async () => {
    const { readings, lines } = await polled(await fileSource({ path: file, format: 'eco2mix' }))
    const [first, ...rest] = readings
    expect(first).toEqual({
      timestamp: Date.UTC(2024, 11, 31, 23),
      intervalMinutes: 15,
      location: { ...UTC, country: 'FR', timeZone: 'Europe/Paris' },
      revisedAt: null,
      ingestedAt: 0,
      dataOrigin: 'eco2mix',
      zoneId: 'FR',
      series: 'consumption',
      productionType: null,
      value: 63949,
    })
    expect(
      rest.map(({ timestamp, series, productionType, value }) => [
        new Date(timestamp).toISOString().slice(11, 16),
        series,
        productionType,
        value,
      ]),
    ).toEqual([
      ['23:00', 'production', 'SOLAR', 0],
      ['23:00', 'production', 'WIND', 10887],
      ['23:15', 'consumption', null, null],
      ['23:15', 'production', 'SOLAR', -2],
      ['23:15', 'production', 'WIND', 10944],
    ])
    expect(lines).toEqual([
      {
        level: 'warn',
        facts: { format: 'eco2mix', ignored: ['co2_g_per_kwh', 'forecast_d1_mw'] },
        message: 'columns that are not read',
      },
    ])
  })

  test('is UTC whatever the zone of its days is', async () => {
    const { readings } = await polled(await fileSource({ path: file, settings: { timeZone: 'Europe/Madrid', station: 'ES' } }))
    expect(readings[0]).toMatchObject({
      timestamp: Date.UTC(2024, 11, 31, 23),
      zoneId: 'ES',
      location: { timeZone: 'Europe/Madrid' },
    })
  })
})

describe('a Meteostat file', () => {
  const rows = [
    'time,temp,rhum,prcp,snwd,wdir,wspd,wpgt,pres,tsun,cldc,coco',
    '2025-01-01 00:00:00,5.1,95,0.0,,220,24.1,29.6,1027.3,0,8,4',
    '2025-01-01 01:00:00,,,,,,,,,,,',
    '2025-01-01 02:00:00,1,2,3.4,,0,0.0,,1000,,,8',
    '2025-01-01 03:00:00,1,2,3.4,,0,0.0,,1000,,,25',
  ]
  const file = dir.write('paris.csv', rows.join('\n'))

  test('gives hourly weather in UTC, with wind in m/s and the weather code as words', async () => {
    const { readings, lines } = await polled(await fileSource({ path: file, format: 'meteostat' }))
    expect(lines).toEqual([])
    expect(readings[0]).toEqual({
      timestamp: Date.UTC(2025, 0, 1),
      intervalMinutes: 60,
      location: UTC,
      revisedAt: null,
      ingestedAt: 0,
      dataOrigin: 'meteostat',
      stationId: 'paris',
      temperature: 5.1,
      humidity: 95,
      pressure: 1027.3,
      windSpeed: 24.1 / 3.6,
      windDirection: 220,
      precipitation: 0,
      weatherCondition: 'Overcast',
      isRain: false,
      isStorm: false,
      nextHourTemp: null,
      nextHourPrecip: null,
    })
    const weather = readings.map(({ weatherCondition, isRain, isStorm }) => [weatherCondition, isRain, isStorm])
    expect(weather.slice(1)).toEqual([
      [null, null, null],
      ['Rain', true, false],
      ['Thunderstorm', false, true],
    ])
  })

  test('has nothing where a cell is empty, and zero where it says zero', async () => {
    const { readings } = await polled(await fileSource({ path: file, format: 'meteostat' }))
    expect(readings[1]).toMatchObject({ temperature: null, humidity: null, pressure: null, windSpeed: null, precipitation: null })
    expect(readings[2]).toMatchObject({ windSpeed: 0, windDirection: 0 })
  })

  test('stays in UTC where the user gives the zone of its place', async () => {
    const { readings } = await polled(await fileSource({ path: file, settings: { timeZone: 'Europe/Paris' } }))
    expect(readings[0]).toMatchObject({ timestamp: Date.UTC(2025, 0, 1), location: { timeZone: 'Europe/Paris' } })
  })

  test('with an unknown weather code has a bad line there', async () => {
    const odd = dir.write('odd.csv', `${rows[0]}\n2025-01-01 00:00:00,5,,,,,,,,,,99\n`)
    const { readings, bad } = await polled(await fileSource({ path: odd }))
    expect(readings).toEqual([])
    expect(bad).toMatchObject([{ line: 2, code: 'WR_READING_FIELD', message: 'coco: 99 is no weather code (1 to 27)' }])
  })
})

test('The format of a file is told from its beginning where nobody names it', async () => {
  const files = [
    ['airqino.json', '{"header":{"station_name":"x"},"data":[]}', 'air'],
    ['eco.csv', 'start_utc,consumption_mw\n', 'energy'],
    ['weather.csv', 'time,temp\n', 'weather'],
  ] as const
  for (const [name, content, event] of files) {
    const source = await fileSource({ path: dir.write(name, content) })
    expect(source.events.map((each) => each.name)).toEqual([event])
  }
  expect((await fileSource({ path: dir.write('any.csv', 'station_id,temperature\n') })).events).toHaveLength(3)
})
