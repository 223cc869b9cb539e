import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withConfig } from '../../../src/cli/session.ts'
import { whatToProduce } from '../../../src/cli/start-producing.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { openMeteoAnswer } from '../../producers/open-meteo/fake-open-meteo.ts'
import { keepingLogger } from '../../producers/quiet-logger.ts'
import { type FakeServer, fakeServer } from '../../producers/upstreams/fake-server.ts'
import { type CommandOutcome, runCommand } from '../run-command.ts'

let folder: string
let server: FakeServer
let environment: Readonly<Record<string, string>>

const openWeatherMapAnswer = () => ({
  coord: { lat: 48.85, lon: 2.35 },
  weather: [{ id: 800, main: 'Clear', description: 'clear sky' }],
  main: { temp: 18.5, pressure: 1013, humidity: 65 },
  wind: { speed: 3.4, deg: 310 },
  dt: Math.floor(Date.now() / 1000) - 60,
  sys: { country: 'FR' },
  id: 2988507,
  name: 'Paris',
  cod: 200,
})

const TOKEN = { access_token: 'a-token', token_type: 'Bearer', expires_in: 7200 }

/** One quarter of an hour of yesterday. */
function rteAnswer(name: string, series: object): unknown {
  const start = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 86_400_000
  const at = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, '+00:00')
  const span = { start_date: at(start), end_date: at(start + 900_000) }
  return { [name]: [{ ...series, ...span, values: [{ ...span, updated_date: at(start + 1_800_000), value: 5_000 }] }] }
}

function answerOf(path: string, query: URLSearchParams): unknown {
  if (path.startsWith('/token/')) return TOKEN
  if (path.includes('/consumption/')) return rteAnswer('short_term', { type: 'REALISED' })
  if (path.includes('/actual_generation/')) {
    return rteAnswer('actual_generations_per_production_type', { production_type: 'SOLAR' })
  }
  if (path.startsWith('/data/2.5/')) return openWeatherMapAnswer()
  return openMeteoAnswer(Object.fromEntries(query), Date.now(), () => ({ temp: 12, sum: 0.2, code: 61 }))
}

beforeAll(async () => {
  server = await fakeServer(({ path, query }) => ({ body: answerOf(path, query) }))
})
afterAll(() => server.close())

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-sources-'))
  server.requests.length = 0
  environment = { OPEN_METEO_URL: server.url, OPENWEATHERMAP_URL: server.url }
  return () => rmSync(folder, { recursive: true, force: true })
})

const run = (words: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<CommandOutcome> =>
  runCommand(folder, words, { ...environment, ...more })
const produce = (source: string, more: Readonly<Record<string, string>> = {}): Promise<CommandOutcome> =>
  run(['produce', '--source', source, '--json'], more)
const KEY = { METEO_API_KEY: 'a-key-of-thirty-two-characters-00' }

describe('windrow produce with APIs', () => {
  test('publishes what a source says of the default place, and adds nothing when it says it again', async () => {
    const first = await produce('open-meteo')
    expect(first).toMatchObject({ code: 0 })
    expect(JSON.parse(first.stdout)).toMatchObject({ dead_lettered: 0, failures: 0 })
    expect(JSON.parse(first.stdout).published).toBeGreaterThan(20)
    expect(JSON.parse((await produce('open-meteo')).stdout)).toMatchObject({ published: 0, revised: 0 })
    const stations = JSON.parse((await run(['tail', 'weather.readings', '-n', '1'])).stdout)
    expect(stations.value).toMatchObject({ station_id: 'station_Paris_FR', data_origin: 'open-meteo', temperature: 12 })
  })

  test('without a name takes all that are configured, several in one process', async () => {
    const outcome = await run(['produce', '--json'], { ...KEY, WINDROW_SOURCES: 'openweathermap,open-meteo' })
    expect(outcome).toMatchObject({ code: 0 })
    expect(JSON.parse(outcome.stdout)).toMatchObject({ polls: 2 })
    const keys = (await run(['tail', 'weather.readings', '--from-start', '-n', '100'])).stdout
    expect(keys).toContain('"station_Paris_FR"')
    expect(keys).toContain('"station_Paris_FR_open-meteo"')
    expect(outcome.stderr).not.toContain(KEY.METEO_API_KEY)
  })

  test('publishes what others say where one is refused, and ends with its error', async () => {
    server.faultsBy(({ path }) => (path.startsWith('/data/2.5/') ? { status: 401 } : null))
    try {
      const outcome = await run(['produce'], { ...KEY, WINDROW_SOURCES: 'openweathermap,open-meteo' })
      expect(outcome).toMatchObject({ code: 3 })
      expect(outcome.stderr).toContain('WR_UPSTREAM_REFUSED')
      expect(outcome.stderr).not.toContain(KEY.METEO_API_KEY)
      expect((await run(['count', 'weather.readings'])).stdout).toMatch(/readings +\d{2,}/)
    } finally {
      server.faultsBy(null)
    }
  })

  test.each([
    ['nothing is configured', ['produce'], {}, 'WR_NO_SOURCE'],
    ['the source has no history', ['produce', '--source', 'openweathermap', '--from', '2025-01-01'], KEY, 'WR_NO_HISTORY'],
    ['the key is missing', ['produce', '--source', 'openweathermap'], {}, 'WR_SOURCE_KEY'],
    ['history is to go on for ever', ['produce', '--source', 'open-meteo', '--from', '2025', '--continuous'], {}, 'WR_USAGE'],
    ['history has no beginning', ['produce', '--source', 'open-meteo', '--to', '2025-01-01'], {}, 'WR_USAGE'],
    ['there are two schedules', ['produce', '--source', 'open-meteo', '--interval', '60', '--at', '06:30'], {}, 'WR_USAGE'],
    ['the schedule is none', ['produce', '--source', 'open-meteo', '--cron', 'sometimes'], {}, 'WR_SCHEDULE'],
    ['a file is to be produced beside an API', ['produce', '--source', 'open-meteo,file'], {}, 'WR_USAGE'],
    ['an option is of the simulator', ['produce', '--source', 'open-meteo', '--seed', '2'], {}, 'WR_USAGE'],
    ['the source is unknown', ['produce', '--source', 'openmeteo'], {}, 'WR_SOURCE_UNKNOWN'],
    ['the station is unknown', ['produce', '--source', 'open-meteo', '--station', 'nowhere'], {}, 'WR_STATION_UNKNOWN'],
  ] as const)('is refused before anybody is asked where %s', async (_, words, more, code) => {
    const outcome = await run(words, more)
    expect(outcome.stderr).toContain(code)
    expect(outcome.stderr).toContain('Remedy: ')
    expect(outcome.code).toBe(2)
    expect(server.requests).toHaveLength(0)
  })
})

describe('Made-up and real readings, and two APIs of one station', () => {
  test('real readings do not get into a log with simulated ones, unless both are to be kept', async () => {
    expect(await run(['produce', '--source', 'simulator', '--days', '0'])).toMatchObject({ code: 0 })
    const refused = await produce('open-meteo')
    expect(refused).toMatchObject({ code: 2 })
    expect(refused.stderr).toContain('WR_SIMULATED_READINGS')
    expect(server.requests).toHaveLength(0)
    expect((await run(['doctor', '--offline'], { WINDROW_SOURCES: 'open-meteo' })).stdout).toContain('WR_SIMULATED_READINGS')
    expect((await run(['doctor', '--offline'])).stdout).not.toContain('WR_SIMULATED_READINGS')
    expect(await produce('open-meteo', { WINDROW_KEEP_SIMULATED: 'true' })).toMatchObject({ code: 0 })
  })

  test('nor simulated ones into a log with real ones', async () => {
    await produce('open-meteo')
    const refused = await run(['produce', '--source', 'simulator', '--days', '0'])
    expect(refused).toMatchObject({ code: 2 })
    expect(refused.stderr).toContain('WR_REAL_READINGS')
    expect(await run(['produce', '--source', 'simulator', '--days', '0'], { WINDROW_KEEP_SIMULATED: 'true' })).toMatchObject({
      code: 0,
    })
  })

  test('series of one zone are of two sources, each with its own, at the second start too', async () => {
    const rte = {
      ...{ RTE_URL: server.url, RTE_CLIENT_ID: 'one', RTE_CLIENT_SECRET: 'secret-of-one' },
      ...{ RTE_CLIENT_ID_2: 'two', RTE_CLIENT_SECRET_2: 'secret-of-two' },
    }
    for (let start = 0; start < 2; start++) {
      expect(await run(['produce'], rte)).toMatchObject({ code: 0 })
    }
    const { stdout } = await run(['tail', 'energy.readings', '--from-start', '-n', '1000'])
    expect(stdout).toContain('"consumption"')
    expect(stdout).toContain('"SOLAR"')
  })

  test('a station that one API has published is not taken by another', async () => {
    await produce('open-meteo')
    const refused = await produce('openweathermap', KEY)
    expect(refused).toMatchObject({ code: 2 })
    expect(refused.stderr).toContain('WR_STATION_TAKEN')
    expect((await run(['doctor', '--offline'], KEY)).stdout).toContain('WR_STATION_TAKEN')
    expect(refused.stderr).not.toContain(KEY.METEO_API_KEY)
  })
})

describe('What windrow start publishes', () => {
  const what = async (more: Readonly<Record<string, string>>, options = {}) => {
    const logger = keepingLogger()
    const found = await withConfig(loadConfig({ ...environment, ...more }, folder), (session) =>
      whatToProduce(session, { produce: true, simulator: true, ...options }, logger),
    )
    return { found, lines: JSON.stringify(logger.lines) }
  }

  test('is the simulator where nothing is configured, with a word how to have real readings', async () => {
    const { found, lines } = await what({})
    expect(found).toEqual({ kind: 'simulator' })
    expect(lines).toContain('windrow setup')
    expect((await what({}, { simulator: false })).found).toEqual({ kind: 'nothing' })
    expect((await what(KEY, { produce: false })).found).toEqual({ kind: 'nothing' })
  })

  test('is the configured stations where there are some, in place of the simulator', async () => {
    const { found } = await what({ ...KEY })
    expect(found).toMatchObject({ kind: 'stations', stations: [{ kind: { name: 'openweathermap' } }] })
    await expect(what(KEY, { days: 7 })).rejects.toMatchObject({ code: 'WR_USAGE' })
  })

  test('is nothing where nothing is configured and the log has real readings', async () => {
    await produce('open-meteo')
    const { found, lines } = await what({})
    expect(found).toEqual({ kind: 'nothing' })
    expect(lines).toContain('real readings')
    expect((await what({ WINDROW_KEEP_SIMULATED: 'true' })).found).toEqual({ kind: 'simulator' })
  })
})

test('windrow doctor asks each source once and says in words what keeps it from answering', async () => {
  const good = await run(['doctor', '--json'], { WINDROW_SOURCES: 'open-meteo' })
  expect(good.stdout).toMatch(/works .* the latest reading of station_Paris_FR begins/)
  expect(server.requests).toHaveLength(1)
  server.faultsBy(() => ({ status: 401 }))
  try {
    const bad = await run(['doctor', '--json'], KEY)
    expect(bad.code).toBe(1)
    expect(bad.stdout).toMatch(/key/)
    expect(bad.stdout + bad.stderr).not.toContain(KEY.METEO_API_KEY)
  } finally {
    server.faultsBy(null)
  }
  server.requests.length = 0
  await run(['doctor', '--offline'], KEY)
  expect(server.requests).toHaveLength(0)
})
