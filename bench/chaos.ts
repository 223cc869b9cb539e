// Kills producer and runner of the real command line, again and again, and compares what comes out with a calm run.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { recordsOf, rewrittenFiles } from '../test/acceptance/rewritten-files.ts'
import { type Random, seededRandom } from '../test/simulation/random.ts'
import { compareViews, type ExportedViews, exportViews } from './chaos/exported-views.ts'
import { ROOT } from './chaos/windrow-process.ts'

const RECORDING = join(ROOT, '..', 'shared', 'data', 'airqino', '283164601.json')
const SAMPLE = join(ROOT, 'examples', 'sample-readings.csv')
const HELP = `Publishes a file and processes it while producer and runner are killed (SIGKILL) at random instants, then compares
every view with the export of a run in which nothing happened, byte for byte.
  npm run chaos -- [--rounds N] [--seed S] [--file PATH --format NAME]
  npm run chaos -- --kafka [--rounds N] [--seed S]
  --kafka      on a broker of its own, with producers of four files and 1, 2 and 4 runners. One fault a round, in turn: a runner or a
               producer is killed, the broker is stopped or killed and comes back, a runner joins or leaves, a process sleeps longer
               than its session and wakes up. Prints "windrow audit --full", and compares with a calm run on the embedded log
  --rounds N   how often both are killed, or how many faults (default 50)
  --seed S     of the instants (default: taken from the clock)
  --file PATH, --format NAME   what to publish (default: a recording of AirQino where there is one, else the sample)
`

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

async function exportsOf(dataDir: string, folder: string): Promise<ExportedViews> {
  return exportViews(folder, (args) => succeed(dataDir, args))
}

interface Calm {
  readonly exported: ExportedViews
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
  readonly exported: ExportedViews
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
      kafka: { type: 'boolean', default: false },
      file: { type: 'string' },
      format: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed)
  if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed))
    throw new TypeError('--rounds and --seed take whole numbers')
  if (values.kafka && (values.file !== undefined || values.format !== undefined))
    throw new TypeError('--kafka publishes files of its own: leave out --file and --format')
  const standard = existsSync(RECORDING) ? { path: RECORDING, format: 'airqino' } : { path: SAMPLE, format: 'canonical' }
  const input = values.file === undefined ? standard : { path: values.file, format: values.format ?? 'canonical' }
  return { rounds, seed, input, kafka: values.kafka, help: values.help }
}

type Options = ReturnType<typeof parse>

async function onEmbedded(folder: string, { rounds, seed, input }: Options): Promise<number> {
  process.stderr.write(`chaos over ${input.path}, ${rounds} rounds from seed ${seed}\n`)
  const calm = await calmly(input, folder)
  const chaos = await chaotically(input, folder, rounds, seededRandom(seed), calm.produceMs)
  const { same, verdict } = compareViews(calm.exported, chaos.exported)
  process.stdout.write(`${chaos.kills} kills: ${verdict}${same ? '' : ` (--seed ${seed})`}\n`)
  return same ? 0 : 1
}

async function onKafka(folder: string, { rounds, seed }: Options): Promise<number> {
  const again = `npm run chaos -- --kafka --rounds ${rounds} --seed ${seed}`
  process.stderr.write(`chaos on Kafka, ${rounds} rounds from seed ${seed}\n`)
  const { kafkaChaos } = await import('./chaos/kafka-chaos.ts')
  const tell = (line: string) => void process.stderr.write(`${line}\n`)
  try {
    const { same, verdict } = await kafkaChaos({ folder, rounds, seed, tell })
    process.stdout.write(`${rounds} faults: ${verdict}${same ? '' : ` (${again})`}\n`)
    return same ? 0 : 1
  } catch (error) {
    process.stdout.write(`chaos on Kafka failed: ${error instanceof Error ? error.message : error}\n(${again})\n`)
    return 1
  }
}

async function main(): Promise<number> {
  const options = parse()
  if (options.help) {
    process.stdout.write(HELP)
    return 0
  }
  const folder = await mkdtemp(join(tmpdir(), 'windrow-chaos-'))
  const code = await (options.kafka ? onKafka : onEmbedded)(folder, options)
  if (code === 0 || !options.kafka) await rm(folder, { recursive: true, force: true })
  else process.stderr.write(`logs and exports are left in ${folder}\n`)
  return code
}

process.exitCode = await main()
