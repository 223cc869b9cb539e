import { expect } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { partitionOf } from '../../../src/core/murmur2.ts'
import { RecordBlockBuilder } from '../../../src/core/record-block.ts'
import { airReadings } from '../../../src/events/air.ts'
import { readingEncoder } from '../../../src/events/reading-encoder.ts'
import type { ReplayStep } from '../../../src/runtime/replay/replay-views.ts'
import type { Runner } from '../../../src/runtime/runner.ts'
import { mean } from '../../../src/streams/aggregates/standard.ts'
import { aggregate } from '../../../src/streams/operators/aggregate.ts'
import { keyBy } from '../../../src/streams/operators/key-by.ts'
import { to } from '../../../src/streams/operators/to.ts'
import { where } from '../../../src/streams/operators/where.ts'
import { sessions } from '../../../src/streams/operators/windows.ts'
import { topology } from '../../../src/streams/topology.ts'
import { memoryKv } from '../../../src/testing/memory-kv.ts'
import { type MemoryLog, memoryLog } from '../../../src/testing/memory-log.ts'
import { defineView, double, instant, text } from '../../../src/views/view.ts'
import { windowColumns } from '../../../src/views/window-columns.ts'
import { air } from '../../streams/readings.ts'
import { currentRows, expectedRows, replay, startTopologies } from './replay-world.ts'
import { before } from './sample-topologies.ts'

const PARTITIONS = 4
const HOUR_MS = 3_600_000
const HOURS = 72
const START = Date.parse('2025-01-01T00:00:00Z')
const STEPS: readonly ReplayStep[] = ['planned', 'told', 'caught-up', 'asked', 'standing-still', 'built', 'flipped', 'done']

/** Its key has the start. */
const { windowStart: _, ...otherColumns } = windowColumns

const spells = defineView({
  name: 'spells',
  doc: 'A view of these tests.',
  key: { stationId: text('station'), windowStart: instant('start') },
  values: { ...otherColumns, coMean: double('mg/m3', 'mean') },
  stores: ['postgres'],
})

/** Rows come and go with every late or revised reading. */
const passing = topology('spells', airReadings, (readings) =>
  readings.pipe(
    keyBy('stationId'),
    where(1, (row) => (row.get('pm25') as number) >= 20),
    sessions(120),
    aggregate({ coMean: mean('co') }),
    to(spells),
  ),
)
export const topologies = [before, passing]

/** The same numbers for the same seed (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

async function randomReadings(log: MemoryLog, below: (count: number) => number): Promise<(count: number) => Promise<void>> {
  const topic = await log.ensureTopic({ name: 'air.readings', partitions: PARTITIONS, cleanup: 'keep' })
  const encoder = readingEncoder(airReadings, await log.registry.register('air.readings-value', airReadings.schema))
  let revision = 0
  return async (count) => {
    const blocks = Array.from({ length: PARTITIONS }, () => new RecordBlockBuilder())
    for (let i = 0; i < count; i++) {
      const stationId = `s${below(5)}`
      revision += 1
      const values = { stationId, co: below(11), pm25: below(40), revisedAt: START + revision }
      const block = blocks[partitionOf(Buffer.from(stationId), PARTITIONS)] as RecordBlockBuilder
      block.add(stationId, encoder.encode(air(START + below(HOURS) * HOUR_MS, values)))
    }
    const writes = blocks.map((block, partition) => ({ topic, partition, count: block.count, block: block.build() }))
    await log.append(writes.filter((write) => write.count > 0))
  }
}

interface Process {
  readonly session: MemoryLog
  readonly runner: Runner
}

export interface HistoryOptions {
  /** Called after whatever happens, while the processes that are left go on, and at the end, when all has been processed. */
  readonly onPause?: (log: MemoryLog, history: string, isOver: boolean) => Promise<void>
}

/** Runs a history, always the same for a seed but for what happens at once, and expects what a fresh run makes of the same readings. */
export async function liveHistory(seed: number, { onPause = async () => undefined }: HistoryOptions = {}): Promise<void> {
  const below = numbers(seed)
  const log = memoryLog()
  const publish = await randomReadings(log, below)
  const kv = below(2) === 0 ? memoryKv() : null
  const processes: Process[] = []
  const told: string[] = [`seed ${seed}`]

  const start = async (): Promise<void> => {
    const session = log.connect()
    processes.push({ session, runner: await startTopologies(session, topologies, { kv }) })
  }
  const disturb = async (): Promise<void> => {
    const what = below(5)
    told.push(['start', 'stop', 'freeze', 'wait', 'publish'][what] as string)
    if (what === 0 && processes.length < 3) await start()
    else if (what === 1) await processes.splice(below(processes.length || 1), 1)[0]?.runner.stop()
    else if (what === 2) processes[below(processes.length || 1)]?.session.freeze()
    else if (what === 3) await systemClock.sleep(below(20))
    await publish(below(60))
    await onPause(log, told.join('\n'), false)
  }
  const replayOnce = async (): Promise<void> => {
    const views = [['means'], ['spells'], ['means', 'spells']][below(3)] as string[]
    const rollback = below(3) === 0
    const from = !rollback && below(3) === 0 ? START + below(HOURS) * HOUR_MS : null
    const disturbedAt = STEPS[below(STEPS.length)]
    const endedAt = below(3) === 0 ? STEPS[below(STEPS.length)] : undefined
    const session = log.connect()
    const end = new AbortController()
    told.push(JSON.stringify({ views, rollback, from, disturbedAt, endedAt }))
    const onProgress = async ({ step }: { step: ReplayStep }): Promise<void> => {
      if (step === disturbedAt) await disturb()
      if (step !== endedAt) return
      if (below(2) === 0) session.kill()
      else end.abort(new Error('ended'))
    }
    // Of tasks that nobody asks to stand still some are anywhere.
    const isRunning = async (): Promise<boolean> => processes.length > 0 && below(3) > 0
    const replayKv = below(2) === 0 ? kv : null
    await replay(session, topologies, views, { rollback, from, kv: replayKv, signal: end.signal, onProgress, isRunning }).catch(
      (error: Error) => told.push(`it ends: ${error.message}`),
    )
    await onPause(log, told.join('\n'), false)
  }

  await publish(30)
  for (let i = 0; i < 8; i++) await (below(2) === 0 ? replayOnce() : disturb())
  const failures = processes.flatMap(({ runner }) => runner.status().failures)
  for (const { session } of processes) session.freeze()
  await start()
  await processes.at(-1)?.runner.untilEnd(AbortSignal.timeout(10_000))
  const history = told.join('\n')
  expect(failures, history).toEqual([])
  for (const { view } of topologies) {
    expect(await currentRows(log, view.name), history).toEqual(await expectedRows(log, topologies, view.name))
  }
  await onPause(log, history, true)
  for (const { runner } of processes) await runner.stop()
}
