import { logMendSource } from '../../src/sinks/log-mend-source.ts'
import type { MendSource } from '../../src/sinks/sink.ts'
import type { SinkWorld } from './sink-world.ts'

/** What a store is compared with. Bytes of a batch are few, so that there are several. */
export function mendSource(world: SinkWorld, batchBytes = 200): MendSource {
  return logMendSource({
    log: world.log,
    sink: 'test',
    view: world.view,
    topic: world.topic(),
    batchBytes,
    signal: new AbortController().signal,
    refuse: async () => undefined,
  })
}
