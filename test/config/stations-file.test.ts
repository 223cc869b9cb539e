import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkStationsText } from '../../src/config/read-stations-file.ts'
import { stationsFileSchema } from '../../src/config/stations-file-schema.ts'

const paris = { source: 'open-meteo', city: 'Paris', country: 'FR', latitude: 48.8566, longitude: 2.3522 }
const check = (value: unknown) => checkStationsText(JSON.stringify(value, null, 2), 'w.json')
const said = (value: unknown): string[] =>
  check(value).mistakes.map(({ setting, problem, remedy }) => `${setting} ${problem}. ${remedy}`)

describe('the file that lists stations', () => {
  test('is taken as it is where nothing is wrong', () => {
    const file = {
      $schema: './node_modules/windrow/windrow.config.schema.json',
      stations: [
        { ...paris, time_zone: 'Europe/Paris', at: ['06:30', '18:00'], schedule_time_zone: 'machine' },
        { source: 'airqino', upstream_id: 283164601, interval_seconds: 3600, options: { co_unit: 'ug/m3' } },
        { source: 'rte-consumption', cron: '*/15 * * * *' },
      ],
      sources: { openweathermap: { url: 'http://127.0.0.1:9', quota: [{ calls: 60, per_seconds: 60 }], revision_days: 2 } },
    }
    expect(check(file)).toMatchObject({ file, mistakes: [] })
  })

  test('is refused with every mistake at once, each with its line, its place and its remedy', () => {
    const found = said({
      stations: [
        { ...paris, latitude: 91, contry: 'FR' },
        { source: 'openmeteo', latitude: 1, longitude: 1 },
        { source: 'open-meteo', latitude: '1', longitude: 1, country: 'France', id: 'sim-paris', at: '6:30' },
      ],
      source: {},
      sources: { openweathermap: { quota: [{ calls: 0 }], interval_seconds: 1.5, url: 'ftp://x' } },
    })
    expect(found).toEqual([
      'w.json:7 stations[0].latitude is 91, expected a number from -90 to 90. Correct it, for instance 48.8566.',
      'w.json:9 stations[0].contry is nothing that windrow knows here. Did you mean country?',
      'w.json:12 stations[1].source is "openmeteo", expected one of openweathermap, visual-crossing, open-meteo, rte-consumption, rte-generation, airqino. Did you mean open-meteo?',
      'w.json:18 stations[2].latitude is "1", expected a number. Correct it, for instance 48.8566.',
      'w.json:20 stations[2].country is "France", expected two capital letters of ISO 3166. Correct it, for instance "FR".',
      'w.json:21 stations[2].id is "sim-paris", expected letters, digits and marks of any script, spaces between them, and _ . - alone, not beginning with sim-, which is for the simulator. Correct it, for instance "station_Paris_FR".',
      'w.json:22 stations[2].at is "6:30", expected a time from 00:00 to 23:59, or a list of such times. Correct it, for instance "06:30".',
      'w.json:25 source is nothing that windrow knows here. Did you mean sources?',
      'w.json:29 sources.openweathermap.quota[0] has no per_seconds. Add "per_seconds".',
      'w.json:30 sources.openweathermap.quota[0].calls is 0, expected a whole number from 1 to 1000000000. Correct it.',
      'w.json:33 sources.openweathermap.interval_seconds is 1.5, expected a whole number. Correct it, for instance 600.',
      'w.json:34 sources.openweathermap.url is "ftp://x", expected an address beginning with https:// or http://, without a user, a query or a #. Correct it.',
    ])
  })

  test('is refused with what the schema cannot say too, though the schema has found something', () => {
    const found = said({
      stations: [
        { ...paris, at: ['25:00'] },
        { ...paris, time_zone: 'Europe/Pariss' },
        { ...paris, cron: '* * *' },
        { source: 'openweathermap', at: ['06:30', '06:30'], interval_seconds: 60 },
        { ...paris, latitude: '1', longitude: [], time_zone: 1, cron: 2, id: {} },
        7,
      ],
      sources: { airqino: { cron: '61 * * * *', at: [] }, openweathermap: null },
    })
    expect(found.filter((text) => !text.includes('stations[4]'))).toEqual([
      'w.json:10 stations[0].at[0] is "25:00", expected a time from 00:00 to 23:59. Correct it, for instance "06:30".',
      'w.json:19 stations[1].time_zone is "Europe/Pariss", which is no time zone. Use a name of the IANA database, for instance Europe/Paris.',
      expect.stringMatching(/^w.json:27 stations\[2\]\.cron is "\* \* \*": .*[^.]\. Five fields are/),
      'w.json:29 stations[3] does not say where it is, which openweathermap has to be told. Add latitude and longitude, or upstream_id and time_zone.',
      'w.json:31 stations[3].at is a list, expected each of them once. Correct it.',
      'w.json:31 stations[3].at is there beside interval_seconds. Keep one of interval_seconds, at and cron.',
      'w.json:47 stations[5] is 7, expected an object in { }. Correct it.',
      expect.stringMatching(/cron is there beside at/),
      expect.stringMatching(/cron is "61/),
      expect.stringMatching(/sources.airqino.at is an empty list, expected at least one/),
      expect.stringMatching(/sources.openweathermap is null/),
    ])
    expect(found.filter((text) => text.includes('stations[4]'))).toHaveLength(5)
  })

  test.each([
    'Paris\u202Esirap',
    'a\u0007',
    'a\u200Bb',
    'a/b',
    ' a',
    'a ',
    'sim-a',
    '',
    'a\u2028b',
    'é'.repeat(257),
    'a'.repeat(513),
  ])('refuses the id %j, and shows it so that everything can be seen', (id) => {
    const found = said({ stations: [{ ...paris, id }] })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/stations\[0\]\.id (?:is|has) /)
    expect(found[0]).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u)
  })

  test.each(['station_Paris_FR', 'a', 'Toit de l.école', '東京 駅', 'नमस्ते', 'ab-1.2_3', 'é'.repeat(256)])(
    'takes the id %j',
    (id) => {
      expect(said({ stations: [{ ...paris, id }] })).toEqual([])
    },
  )

  test('says of places, zones and schedules what the schema cannot', () => {
    const found = said({
      stations: [
        { source: 'openweathermap', city: 'Paris' },
        { source: 'open-meteo', latitude: 1 },
        { ...paris, time_zone: 'Europe/Pariss', interval_seconds: 60, cron: '61 * * * *' },
        { ...paris, upstream_id: 'x', schedule_time_zone: 'station' },
        { source: 'airqino' },
        { source: 'rte-generation', cron: '0 0 30 2 *' },
      ],
    })
    expect(found.map((text) => text.replace(/^w.json:\d+ /, ''))).toEqual([
      'stations[0] does not say where it is, which openweathermap has to be told. Add latitude and longitude, or upstream_id and time_zone.',
      'stations[1].latitude is there without longitude. Add longitude, or leave both out.',
      'stations[2].time_zone is "Europe/Pariss", which is no time zone. Use a name of the IANA database, for instance Europe/Paris.',
      'stations[2].cron is there beside interval_seconds. Keep one of interval_seconds, at and cron.',
      expect.stringMatching(/^stations\[2\]\.cron is "61 \* \* \* \*": .*minute/),
      'stations[3].upstream_id means nothing to open-meteo. Leave it out: latitude and longitude say the place.',
      'stations[3].schedule_time_zone is there without at and cron, which alone depend on it. Leave it out.',
      "stations[4] does not say AirQino's number of the station. Add upstream_id, for instance 283164601.",
      expect.stringMatching('names no time that ever comes'),
    ])
  })

  test.each(['key', 'api_key', 'METEO_API_KEY', 'appid', 'clientSecret', 'password', 'token'])(
    'refuses the secret %s and never shows it',
    (name) => {
      const file = { stations: [{ ...paris, [name]: 'hunter22' }], sources: { openweathermap: { [name]: 'hunter22' } } }
      const found = said(file)
      expect(found).toHaveLength(2)
      for (const text of found) expect(text).toMatch(/not for this file.*METEO_API_KEY/)
      expect(found.join()).not.toContain('hunter22')
    },
  )

  test('does not show what an address hides', () => {
    const found = said({ stations: [paris], sources: { openweathermap: { url: 'https://me:hunter22@host/?appid=hunter23' } } })
    expect(found.join()).not.toMatch(/hunter2[23]/)
    expect(found).toHaveLength(1)
  })

  test.each([
    ['{"stations": [}', 1, /a value is missing/],
    ['{\n "stations": [],\n "stations": []\n}', 3, /there twice/],
    ['', 1, /a value is missing|empty/],
    ['{\n// no\n}', 2, /no comments/],
  ])('that is no JSON (%j) is refused with its line', (text, line, problem) => {
    const [mistake] = checkStationsText(text, 'w.json').mistakes
    expect(mistake?.setting).toBe(`w.json:${line}`)
    expect(mistake?.problem).toMatch(problem)
  })

  test('is a file or mistakes, whatever the text is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { file, mistakes } = checkStationsText(text, 'w.json')
        expect(file === null).toBe(mistakes.length > 0)
      }),
      { numRuns: 300 },
    )
  })
})

test('windrow.config.schema.json at the root of the package is the schema of the code', async () => {
  const path = fileURLToPath(new URL('../../windrow.config.schema.json', import.meta.url))
  await expect(`${JSON.stringify(stationsFileSchema, null, 2)}\n`).toMatchFileSnapshot(path)
  const { files } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { files: string[] }
  expect(files).toContain('windrow.config.schema.json')
})
