import { keyText } from '../../src/core/record-block.ts'
import type { Log, Topic } from '../../src/log/port.ts'
import { canonicalKey } from '../../src/views/row-key.ts'
import { weatherDataView } from '../../src/views/weather.ts'

/** Notes when the row of each expected reading can be read from the topic of `weather_data`. */
export class RowWatch {
  private readonly seenAt: Float64Array
  private readonly indexes = new Map<string, number>()
  private readonly looking = new AbortController()
  private readonly readers: Promise<void>
  private missing: number

  /** Looks at the topic from its present beginning; `total` rows are expected. */
  constructor(log: Log, topic: Topic, total: number) {
    this.seenAt = new Float64Array(total)
    this.missing = total
    const partitions = Array.from({ length: topic.partitions }, (_, partition) => this.follow(log, topic, partition))
    this.readers = Promise.all(partitions).then(() => undefined)
  }

  expect(index: number, station: string, timestamp: number): void {
    this.indexes.set(canonicalKey(weatherDataView, [station, timestamp]), index)
  }

  /** Resolves when all rows have been seen: when each was, by `performance.now()`. */
  async complete(): Promise<Float64Array> {
    await this.readers
    return this.seenAt
  }

  private async follow(log: Log, topic: Topic, partition: number): Promise<void> {
    const reader = log.reader(topic, partition)
    while (this.missing > 0) {
      const batch = await reader.next()
      const now = performance.now()
      for (let i = 0; batch !== null && i < batch.count; i++) this.note(keyText(batch, i), now)
      if (batch === null && this.missing > 0) await reader.whenMore(this.looking.signal)
    }
    await reader.close()
  }

  private note(key: string, now: number): void {
    const index = this.indexes.get(key)
    if (index === undefined) return
    // A row may come again, for instance after a crash; the first time counts.
    this.indexes.delete(key)
    this.seenAt[index] = now
    this.missing -= 1
    if (this.missing === 0) this.looking.abort()
  }
}
