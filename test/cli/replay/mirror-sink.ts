import { viewRecords } from '../../../src/cli/view-records.ts'
import { systemClock } from '../../../src/core/clock.ts'
import type { Log, Topic } from '../../../src/log/port.ts'
import type { Sink } from '../../../src/sinks/sink.ts'
import { parseKey } from '../../../src/views/row-key.ts'
import type { Cell, View } from '../../../src/views/view.ts'

/** A store in memory that holds one view as its topic says. */
export interface MirrorSink extends Sink {
  /** By key: all cells. To be changed at will. */
  readonly held: Map<string, readonly Cell[]>
  /** Writes what the topic has by now. */
  follow(): Promise<void>
  /** Goes on with it until the function it gives is called. */
  keepFollowing(): () => Promise<void>
}

/** Pages are few rows, so that a scan takes a while. */
const PAGE = 3

export function mirrorSink(log: Log, view: View, topic: Topic): MirrorSink {
  const held = new Map<string, readonly Cell[]>()
  const offsets = new Array<number>(topic.partitions).fill(0)
  const refuse = async (): Promise<never> => {
    throw new Error('who compares must not change anything')
  }
  const follow = async (): Promise<void> => {
    const ends = await Promise.all(offsets.map(async (_, partition) => (await log.bounds(topic, partition)).end))
    const records = viewRecords(log, view, topic)
    await records.read({
      from: offsets,
      onRecord(key, value) {
        if (value === null) held.delete(key)
        else held.set(key, records.decode(value))
      },
    })
    for (const [partition, end] of ends.entries()) offsets[partition] = end
  }
  return {
    name: 'mirror',
    store: 'postgres',
    isFenced: true,
    held,
    follow,
    keepFollowing() {
      let going = true
      const done = (async () => {
        while (going) {
          await follow()
          await systemClock.sleep(1)
        }
      })()
      return async () => {
        going = false
        await done
      }
    },
    open: refuse,
    claim: refuse,
    apply: refuse,
    mend: refuse,
    progress: async (_, asked) => (asked.id === topic.id ? [...offsets] : offsets.map(() => 0)),
    async *rows() {
      const keys = [...held.keys()]
      for (let i = 0; i < keys.length; i += PAGE) {
        await systemClock.sleep(0)
        yield keys.slice(i, i + PAGE).flatMap((key) => {
          const row = held.get(key)
          return row === undefined ? [] : [row]
        })
      }
    },
    describe: () => 'memory',
    close: async () => undefined,
  }
}

/** A row with another value in its last column. */
export function edited(view: View, row: readonly Cell[]): readonly Cell[] {
  return view.columns.map((_, i) => (i === view.columns.length - 1 ? 12_345 : (row[i] as Cell)))
}

/** The same row under another key. */
export function rekeyed(view: View, row: readonly Cell[], key: string): readonly Cell[] {
  return [...parseKey(view, key), ...row.slice(view.key.length)]
}
