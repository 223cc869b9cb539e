import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FileRecords, recordsOf } from '../../test/acceptance/rewritten-files.ts'
import type { Random } from '../../test/simulation/random.ts'
import { ROOT } from './windrow-process.ts'

/** Rounds that share the recording of a station: each publishes a quarter of it, and a bit of the neighbours. */
const QUARTERS = 4
const HOUR_MS = 3_600_000

/** A file to publish. */
export interface Piece {
  readonly station: string
  readonly format: string
  readonly path: string
}

export interface PieceMaker {
  /** Writes the pieces of the next round, one of each recording. */
  ofRound(): Promise<readonly Piece[]>
  /** Writes all that the rounds so far published, each reading once: a file for each station. */
  whole(): Promise<readonly Piece[]>
}

interface Recording {
  readonly name: string
  readonly format: string
  readonly extension: string
  readonly file: FileRecords
}

/** Cuts recordings, where there are some, else what was made up, into pieces of stations for so many rounds. */
export async function pieceMaker(folder: string, rounds: number, random: Random): Promise<PieceMaker> {
  await mkdir(folder, { recursive: true })
  const recordings = await openRecordings(folder)
  const stations = Math.ceil(rounds / QUARTERS)
  /** By station: the places in the recording that were published. */
  const published = new Map<string, { readonly recording: Recording; readonly places: Set<number> }>()
  let round = 0
  let files = 0

  async function write({ format, extension, file }: Recording, station: string, places: readonly number[]): Promise<Piece> {
    files += 1
    const path = join(folder, `${files}-${station}.${extension}`)
    await writeFile(path, file.text(places.map((place) => file.records[place] as string)))
    return { station, format, path }
  }

  return {
    async ofRound() {
      const pieces: Piece[] = []
      for (const recording of recordings) {
        const { records } = recording.file
        const station = `${recording.name}-${round % stations}`
        const quarter = Math.ceil(records.length / QUARTERS)
        const begin = (Math.floor(round / stations) % QUARTERS) * quarter
        const from = Math.max(0, begin - random.int(0, quarter >> 1))
        const to = Math.min(records.length, begin + quarter + random.int(0, quarter >> 1))
        const places = Array.from({ length: to - from }, (_, i) => from + i)
        const known = published.get(station) ?? { recording, places: new Set() }
        published.set(station, known)
        for (const place of places) known.places.add(place)
        pieces.push(await write(recording, station, random.chance(1 / 2) ? places : shuffled(places, random)))
      }
      round += 1
      return pieces
    },
    async whole() {
      const pieces: Piece[] = []
      for (const [station, { recording, places }] of published) {
        const inOrder = [...places].sort((a, b) => a - b)
        pieces.push(await write(recording, station, inOrder))
      }
      return pieces
    },
  }
}

function shuffled(places: readonly number[], random: Random): number[] {
  return places
    .map((place) => ({ place, at: random.int(0, 1_000_000_000) }))
    .sort((a, b) => a.at - b.at)
    .map(({ place }) => place)
}

async function openRecordings(folder: string): Promise<readonly Recording[]> {
  const shared = join(ROOT, '..', 'shared', 'data')
  const paths = existsSync(shared) ? recorded(shared) : await madeUp(folder)
  return Promise.all(
    paths.map(async ({ name, format, path }) => ({
      name,
      format,
      extension: path.slice(path.lastIndexOf('.') + 1),
      file: await recordsOf(path),
    })),
  )
}

const recorded = (shared: string) => [
  { name: 'air', format: 'airqino', path: join(shared, 'airqino', '283164601.json') },
  { name: 'france', format: 'eco2mix', path: join(shared, 'energy', 'eco2mix-national-2025-01.csv') },
  { name: 'paris', format: 'meteostat', path: join(shared, 'weather', 'paris-2025q1.csv') },
  { name: 'madrid', format: 'meteostat', path: join(shared, 'weather', 'madrid-2025q1.csv') },
]

/** The same files each time, in the formats of the recordings. */
async function madeUp(folder: string) {
  const start = Date.UTC(2025, 0, 1)
  const hours = Array.from({ length: 3_000 }, (_, i) => i)
  const time = (hour: number) => new Date(start + hour * HOUR_MS).toISOString().slice(0, 19).replace('T', ' ')
  const wave = (hour: number, period: number, least: number, range: number) =>
    Number((least + (range * (1 + Math.sin((2 * Math.PI * hour) / period))) / 2).toFixed(1))
  const air = hours.map((hour) => ({
    timestamp: time(hour),
    CO: wave(hour, 24, 0.1, 1),
    NO2: wave(hour, 31, 5, 40),
    O3: wave(hour, 19, 10, 80),
    PM10: wave(hour, 50, 4, 40),
    'PM2.5': wave(hour, 47, 2, 20),
    T: wave(hour, 24, -2, 20),
    RH: wave(hour, 24, 40, 50),
  }))
  const energy = hours.map((hour) => {
    const at = `${time(hour).replace(' ', 'T')}Z`
    return [
      at,
      wave(hour, 24, 40_000, 30_000),
      wave(hour, 24, 0, 9_000),
      wave(hour, 70, 500, 12_000),
      45_000,
      5_000,
      2_000,
      900,
      30,
      '',
    ]
  })
  const weather = (shift: number) =>
    hours.map((hour) => [time(hour), wave(hour + shift, 24, -3, 20), wave(hour, 24, 40, 55), hour % 9 === 0 ? 0.4 : 0, '', 220])
  const csv = (columns: string, rows: ReadonlyArray<readonly unknown[]>) => `${[columns, ...rows].join('\n')}\n`
  const weatherColumns = 'time,temp,rhum,prcp,snwd,wdir'
  const energyColumns =
    'start_utc,consumption_mw,solar_mw,wind_mw,nuclear_mw,hydro_mw,gas_mw,bioenergy_mw,co2_g_per_kwh,forecast_d1_mw'
  const texts = [
    { name: 'air', format: 'airqino', file: 'air.json', text: JSON.stringify({ header: {}, data: air }) },
    { name: 'france', format: 'eco2mix', file: 'energy.csv', text: csv(energyColumns, energy) },
    { name: 'paris', format: 'meteostat', file: 'weather-1.csv', text: csv(weatherColumns, weather(0)) },
    { name: 'madrid', format: 'meteostat', file: 'weather-2.csv', text: csv(weatherColumns, weather(3)) },
  ]
  for (const { file, text } of texts) await writeFile(join(folder, file), text)
  return texts.map(({ name, format, file }) => ({ name, format, path: join(folder, file) }))
}
