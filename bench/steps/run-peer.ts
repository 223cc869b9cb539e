import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endWithUs } from '../../scripts/services/end-with-us.js'
import { killAndRemove, signalGroup } from '../../scripts/services/server-process.js'
import type { EventType } from '../../src/events/event-type.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import { workloadOf } from '../workloads/workload-of.ts'
import { DEFAULT_PARTITIONS } from './bench-folder.ts'
import { openBenchLog } from './bench-log.ts'

export interface RunPeerParams {
  /** For what it writes besides its rows. */
  readonly folder: string
  readonly brokers: readonly string[]
  readonly workload: WorkloadSpec
  /** Its script: without arguments it builds the peer, unless it was built before, and ends with the exit code of a wrong usage. */
  readonly script: string
  /** Its own arguments, besides the topic and where it is. */
  readonly args: readonly string[]
}

/** As the peer measured itself. */
export interface RunPeerResult {
  /** From the first reading until the last row is written. */
  readonly readingsASecond: number
  /** CPU seconds a million readings, without the start of its virtual machine. */
  readonly cpuSecondsAMillion: number
  readonly peakRssBytes: number
  readonly rows: number
}

const OUTPUT = 'bench.peer'
const WRONG_USAGE = 2
const BUILD_MS = 10 * 60_000
const RUN_MS = 3 * 60_000

/** Lets another engine make its rows of the readings in the log. */
export async function runPeer({ folder, brokers, workload, script, args }: RunPeerParams): Promise<RunPeerResult> {
  const { event } = workloadOf(workload)
  const built = await run(script, [], BUILD_MS)
  if (built.code !== WRONG_USAGE) throw new Error(`${script} could not be built: ${built.complaints}`)
  await makeOutput(folder, brokers)
  const job = {
    bootstrap: brokers.join(','),
    topic: event.defaultTopic,
    records: String(workload.readings),
    schema: schemaFile(folder, event),
    output: OUTPUT,
  }
  const told = Object.entries(job).flatMap(([name, value]) => [`--${name}`, value])
  const { code, output, complaints } = await run(script, [...told, ...args], RUN_MS)
  if (code !== 0) throw new Error(`${script} ended with ${code === null ? 'a signal' : `exit code ${code}`}: ${complaints}`)
  return resultOf(output, workload.readings)
}

async function makeOutput(folder: string, brokers: readonly string[]): Promise<void> {
  const log = await openBenchLog({ folder, brokers })
  await log.ensureTopic({ name: OUTPUT, partitions: DEFAULT_PARTITIONS, cleanup: 'keep' })
  await log.close()
}

function schemaFile(folder: string, { schema }: EventType): string {
  const path = join(folder, 'reading.avsc')
  writeFileSync(path, schema)
  return path
}

function resultOf(output: string, readings: number): RunPeerResult {
  const said = JSON.parse(output) as Readonly<Record<string, unknown>>
  const number = (name: string): number => {
    const value = said[name]
    if (typeof value !== 'number') throw new Error(`The peer does not say its ${name}: ${output}`)
    return value
  }
  if (number('records') !== readings) throw new Error(`The peer read ${number('records')} readings, not ${readings}`)
  return {
    readingsASecond: number('events_per_s'),
    cpuSecondsAMillion: number('cpu_s_per_million'),
    peakRssBytes: number('peak_rss_mb') * 1024 * 1024,
    rows: number('rows'),
  }
}

interface Outcome {
  readonly code: number | null
  readonly output: string
  /** The end of what it wrote to stderr. */
  readonly complaints: string
}

/** Runs the script in a group of its own, which ends with us and after `timeoutMs` at the latest. */
function run(script: string, args: readonly string[], timeoutMs: number): Promise<Outcome> {
  const child = spawn('bash', [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const hasEnded = child.pid === undefined ? () => undefined : endWithUs(killAndRemove(child.pid, null))
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), timeoutMs)
  let output = ''
  let complaints = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2000)
  })
  return new Promise((resolve, reject) => {
    const over = (): void => {
      clearTimeout(timer)
      hasEnded()
    }
    child.once('error', (error) => {
      over()
      reject(error)
    })
    child.once('close', (code) => {
      over()
      resolve({ code, output, complaints })
    })
  })
}
