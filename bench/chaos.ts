// Kills producer and runner of the real command line, again and again, and compares what comes out with a calm run.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { recordsOf, rewrittenFiles } from '../test/acceptance/rewritten-files.ts'
import { type Random, seededRandom } from '../test/simulation/random.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const RECORDING = join(ROOT, '..', 'shared', 'data', 'airqino', '283164601.json')
const SAMPLE = join(ROOT, 'examples', 'sample-readings.csv')
const HELP = `Publishes a file and processes it while producer and runner are killed (SIGKILL) at random instants, then compares
every view with the export of a run in which nothing happened, byte for byte.
  npm run chaos -- [--rounds N] [--seed S] [--file PATH --format NAME]
  --rounds N   how often both are killed (default 50)
  --seed S     of the instants (default: taken from the clock)
  --file PATH, --format NAME   what to publish (default: a recording of AirQino where there is one, else the sample)
`

const VIEWS = [
  'weather_data',
  'weather_hourly',
  'weather_daily',
  'weather_monthly',
  'energies',
  'daily_energy_summary',
  'air_hourly',
  'daily_sensor_means',
  'stations',
]

interface Input {
  readonly path: string
  readonly format: string
}

/** Starts the command line on a data folder. What it prints goes nowhere, but for an error. */
function windrow(dataDir: string, args: readonly string[]): ChildProcess {
  const env = { ...process.env, WINDROW_DATA_DIR: dataDir, WINDROW_LOG_LEVEL: 'error' }
  return spawn(process.execPath, [join(ROOT, 'bin', 'windrow.js'), ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] })
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode)
    else child.once('exit', resolve)
  })
}

async function succeed(dataDir: string, args: readonly string[]): Promise<void> {
  const code = await ended(windrow(dataDir, args))
  if (code !== 0) throw new Error(`windrow ${args.join(' ')} ended with exit code ${code}`)
}

/** Kills the process after so long, unless it has ended by itself; says whether it was killed. */
async function killAfter(child: ChildProcess, ms: number): Promise<boolean> {
  const timer = setTimeout(() => child.kill('SIGKILL'), ms)
  await ended(child)
  clearTimeout(timer)
  return child.signalCode === 'SIGKILL'
}

const publish = ({ path, format }: Input): string[] => ['produce', '--source', 'file', '--format', format, '--file', path]
const PROCESS_ALL = ['run', '--until-end', '--sinks', 'none']

async function exportsOf(dataDir: string, folder: string): Promise<ReadonlyMap<string, string>> {
  const exported = new Map<string, string>()
  for (const view of VIEWS) {
    const path = join(folder, `${view}.csv`)
    await succeed(dataDir, ['export', view, '--output', path])
    exported.set(view, await readFile(path, 'utf8'))
  }
  return exported
}

interface Calm {
  readonly exported: ReadonlyMap<string, string>
  readonly produceMs: number
}

async function calmly(input: Input, folder: string): Promise<Calm> {
  const dataDir = join(folder, 'calm')
  const startedAt = performance.now()
  await succeed(dataDir, publish(input))
  const produceMs = performance.now() - startedAt
  await succeed(dataDir, PROCESS_ALL)
  return { exported: await exportsOf(dataDir, folder), produceMs }
}

interface Chaos {
  readonly exported: ReadonlyMap<string, string>
  readonly kills: number
}

/** Each round publishes another third of the file, and kills both processes at instants of their own. */
async function chaotically(input: Input, folder: string, rounds: number, random: Random, produceMs: number): Promise<Chaos> {
  const dataDir = join(folder, 'chaos')
  const file = await recordsOf(input.path)
  const files = rewrittenFiles(input.path, file)
  let kills = 0
  try {
    for (let round = 0; round < rounds; round++) {
      const path = await files.write(file.records.filter(() => random.chance(1 / 3)))
      const producer = windrow(dataDir, publish({ ...input, path }))
      const runner = windrow(dataDir, ['run', '--sinks', 'none'])
      const instant = () => random.int(0, Math.round(produceMs * 1.5))
      const killed = await Promise.all([killAfter(producer, instant()), killAfter(runner, instant())])
      kills += killed.filter(Boolean).length
      process.stderr.write(`round ${round + 1} of ${rounds}: ${kills} killed\n`)
    }
  } finally {
    await files.remove()
  }
  await succeed(dataDir, publish(input))
  await succeed(dataDir, PROCESS_ALL)
  await succeed(dataDir, ['audit', '--full'])
  return { exported: await exportsOf(dataDir, folder), kills }
}

function parse() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '50' },
      seed: { type: 'string' },
      file: { type: 'string' },
      format: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed)
  if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed))
    throw new TypeError('--rounds and --seed take whole numbers')
  const standard = existsSync(RECORDING) ? { path: RECORDING, format: 'airqino' } : { path: SAMPLE, format: 'canonical' }
  const input = values.file === undefined ? standard : { path: values.file, format: values.format ?? 'canonical' }
  return { rounds, seed, input, help: values.help }
}

async function main(): Promise<number> {
  const { rounds, seed, input, help } = parse()
  if (help) {
    process.stdout.write(HELP)
    return 0
  }
  const folder = await mkdtemp(join(tmpdir(), 'windrow-chaos-'))
  process.stderr.write(`chaos over ${input.path}, ${rounds} rounds from seed ${seed}\n`)
  try {
    const calm = await calmly(input, folder)
    const chaos = await chaotically(input, folder, rounds, seededRandom(seed), calm.produceMs)
    const different = VIEWS.filter((view) => calm.exported.get(view) !== chaos.exported.get(view))
    const rows = [...calm.exported.values()].reduce((sum, text) => sum + text.split('\n').length - 2, 0)
    if (different.length === 0) {
      process.stdout.write(`${chaos.kills} kills: all ${VIEWS.length} views (${rows} rows) are the same to the byte\n`)
      return 0
    }
    process.stdout.write(`after ${chaos.kills} kills these views differ: ${different.join(', ')} (--seed ${seed})\n`)
    return 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

process.exitCode = await main()
