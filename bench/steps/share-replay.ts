import { systemClock } from '../../src/core/clock.ts'
import type { LogReader } from '../../src/log/port.ts'
import { type MemoryUse, memoryUse, startMeter, type Usage } from '../measure/usage.ts'
import type { Channel } from '../process/channel.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import { workloadOf } from '../workloads/workload-of.ts'
import { DEFAULT_PARTITIONS } from './bench-folder.ts'
import { type LogPlace, openBenchLog } from './bench-log.ts'
import { startBenchRunner } from './bench-runner.ts'
import { wrapReaders } from './wrap-readers.ts'

/** With a log that nothing was made of yet, and a folder for this process alone. */
export interface ShareReplayParams extends LogPlace {
  readonly workload: WorkloadSpec
  /** How many processes share the work. */
  readonly processes: number
}

/** Told as `finished`. */
export interface ShareReplayResult {
  /** From `go` until the rows of all readings are committed, by whomever. */
  readonly usage: Usage
  readonly memory: MemoryUse
  /** Readings in the partitions of this process. */
  readonly readings: number
}

const LOOK_MS = 5

/**
 * Makes rows together with other processes. Tells `ready` when it has its share of the partitions, begins to read when it is asked
 * to `go`, tells `finished`, and leaves when it is asked to `stop`.
 */
export async function shareReplay({ workload, processes, ...place }: ShareReplayParams, channel: Channel): Promise<void> {
  const go = new AbortController()
  void channel.asked('go').then(() => go.abort())
  const stopping = channel.asked('stop')
  const { defaultTopic } = workloadOf(workload).event
  const bench = await startBenchRunner(place, workload.kind, async () =>
    wrapReaders(await openBenchLog(place), defaultTopic, (reader) => gatedReader(reader, go.signal)),
  )
  while (bench.runner.status().tasks.length !== DEFAULT_PARTITIONS / processes) await systemClock.sleep(LOOK_MS)
  channel.tell('ready', null)
  await untilAborted(go.signal)
  const stop = startMeter()
  channel.tell('go', null)
  await bench.runner.untilEnd(new AbortController().signal)
  const usage = stop()
  const { tasks } = bench.runner.status()
  const readings = tasks.reduce((sum, { ledger }) => sum + ledger.current + ledger.duplicate, 0)
  channel.tell('finished', { usage, memory: memoryUse(), readings } satisfies ShareReplayResult)
  await stopping
  channel.tell('stop', null)
  await bench.stop()
}

/** The topic seems to be empty until the gate opens: the time to join a group is not that of the work. */
function gatedReader(inner: LogReader, gate: AbortSignal): LogReader {
  return {
    get position() {
      return inner.position
    },
    next: async (maxBytes) => (gate.aborted ? inner.next(maxBytes) : null),
    whenMore: (signal) => (gate.aborted ? inner.whenMore(signal) : untilAborted(AbortSignal.any([gate, signal]))),
    close: () => inner.close(),
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
