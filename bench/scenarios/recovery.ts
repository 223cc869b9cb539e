import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { endsOf } from '../../src/log/ends-of.ts'
import type { Log, Topic } from '../../src/log/port.ts'
import { viewTopicName } from '../../src/runtime/live-views.ts'
import { airHourlyView } from '../../src/views/air.ts'
import { type Figure, figure, figureOfRounds } from '../report/figure.ts'
import { DEFAULT_PARTITIONS, logDirectory } from '../steps/bench-folder.ts'
import type { UseSoFar } from '../steps/keep-running.ts'
import { readingAppender } from '../steps/reading-appender.ts'
import { ensureReadings } from '../steps/readings-topic.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import { workloadOf } from '../workloads/workload-of.ts'
import type { Scenario, ScenarioContext } from './scenario.ts'

const ROUNDS = 3
const HOURS = 100

/** Every reading is an hour of its own. */
const hourly: WorkloadSpec = {
  kind: 'air',
  readings: 10_000 * HOURS,
  stations: 10_000,
  intervalMinutes: 60,
  delayMinutes: 0,
  repeatEvery: 0,
  order: 'by time',
}

/** Kills a runner that has made all rows, appends one reading, and starts another: that again and again. */
export const recovery: Scenario = async (context) => {
  const { folder, quick } = context
  const workload = quick ? { ...hourly, stations: 500, readings: 500 * HOURS } : hourly
  await context.step('fillLog', { folder, workload })
  const first = context.start('keepRunning', { folder, workload })
  await first.next('caught up')
  await first.kill()
  const log = await openEmbeddedLog({ directory: logDirectory(folder) })
  const rounds: Round[] = []
  for (let round = 0; round < (quick ? 1 : ROUNDS); round++) rounds.push(await recover(context, log, workload, round))
  await log.close()
  const megabytes = (bytes: number | null): number | null => (bytes === null ? null : bytes / 1e6)
  const of = (name: string, unit: string, value: (round: Round) => number | null, aim?: { atMost: number }): Figure =>
    figureOfRounds(name, unit, rounds.map(value), aim)
  return [
    figure('hourly windows', '1', workload.readings),
    of('to the first row', 's', ({ seconds }) => seconds, { atMost: 2 }),
    of('CPU time until then', 's', ({ use }) => use.cpuSeconds),
    of('RSS then', 'MB', ({ use }) => megabytes(use.memory.rssBytes), { atMost: 300 }),
    of('private memory then', 'MB', ({ use }) => megabytes(use.memory.privateBytes)),
  ]
}

interface Round {
  readonly seconds: number
  readonly use: UseSoFar
}

async function recover(context: ScenarioContext, log: Log, spec: WorkloadSpec, round: number): Promise<Round> {
  const workload = workloadOf(spec)
  const { topic, schemaId } = await ensureReadings(log, workload.event, DEFAULT_PARTITIONS)
  const appender = readingAppender(log, topic, workload, schemaId)
  // The next hour of another station each time.
  appender.add(spec.readings + round)
  await appender.append()
  const view = (await log.findTopic(viewTopicName(airHourlyView.name, 1))) as Topic
  const ends = await endsOf(log, view)
  const runner = context.start('keepRunning', { folder: context.folder, workload: spec })
  await untilLonger(log, view, ends)
  const seconds = (performance.now() - runner.startedAt) / 1000
  const use = (await runner.ask('use')) as UseSoFar
  await runner.kill()
  return { seconds, use }
}

/** Resolves when any partition has become longer. */
async function untilLonger(log: Log, topic: Topic, ends: readonly number[]): Promise<void> {
  const found = new AbortController()
  const readers = ends.map((end, partition) => log.reader(topic, partition, end))
  await Promise.race(readers.map((reader) => reader.whenMore(found.signal)))
  found.abort()
  await Promise.all(readers.map((reader) => reader.close()))
}
