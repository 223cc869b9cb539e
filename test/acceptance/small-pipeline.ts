import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { csvText } from '../../src/cli/export/row-text.ts'
import { viewRows } from '../../src/cli/export/view-rows.ts'
import { systemClock } from '../../src/core/clock.ts'
import { openLmdbStore } from '../../src/kv/lmdb-store.ts'
import type { KeyValueStore } from '../../src/kv/port.ts'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import type { Log, Topic } from '../../src/log/port.ts'
import { CURSORS_TOPIC } from '../../src/producers/cursors.ts'
import { type FileSourceOptions, fileSource } from '../../src/producers/file/file-source.ts'
import { produce } from '../../src/producers/produce.ts'
import { currentViews } from '../../src/runtime/live-views.ts'
import { startRunner } from '../../src/runtime/runner.ts'
import type { TaskTuning } from '../../src/runtime/task-tuning.ts'
import { builtInTopologies } from '../../src/streams/topologies/index.ts'
import { builtInViews } from '../../src/views/index.ts'
import type { View } from '../../src/views/view.ts'

const PARTITIONS = 4
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** Producer, log (the embedded one unless another is given), engine and export in one process, in a folder of its own. */
export interface SmallPipeline {
  readonly log: Log
  /** Publishes what of a file is new or revised. */
  produce(file: FileSourceOptions): Promise<void>
  /** Forgets what was published, so that the same file is published again: every record of it is a duplicate. */
  forgetPublished(): Promise<void>
  /** Runs the topologies of an event until all that is in the log has been processed, and stops. */
  process(event: string, tuning?: Partial<TaskTuning>): Promise<void>
  /** The view as the command line exports it. */
  exportCsv(view: string): Promise<string>
  close(): Promise<void>
}

export async function smallPipeline(given?: Log): Promise<SmallPipeline> {
  const folder = await mkdtemp(join(tmpdir(), 'windrow-acceptance-'))
  const log = given ?? (await openEmbeddedLog({ directory: join(folder, 'log') }))
  const kv: KeyValueStore = await openLmdbStore({ path: join(folder, 'state') })
  return {
    log,
    async produce(file) {
      await produce({ log, kv, source: await fileSource(file), partitions: PARTITIONS, clock: systemClock, logger: quiet })
    },
    forgetPublished: () => log.deleteTopic(CURSORS_TOPIC),
    async process(event, tuning = {}) {
      const topologies = builtInTopologies.filter((topology) => topology.event.name === event)
      const memoryBytes = 64 * 1024 * 1024
      const runner = await startRunner({
        log,
        kv,
        topologies,
        partitions: PARTITIONS,
        memoryBytes,
        tuning,
        clock: systemClock,
        logger: quiet,
      })
      await runner.untilEnd(new AbortController().signal)
      await runner.stop()
    },
    async exportCsv(name) {
      const view = builtInViews.find((candidate) => candidate.name === name) as View
      const current = (await currentViews(log)).get(name)
      const topic = (await log.findTopic(current?.topic ?? '')) as Topic
      let text = ''
      for await (const part of csvText(view, viewRows(log, view, topic))) text += part
      return text
    },
    async close() {
      await log.close()
      await kv.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
