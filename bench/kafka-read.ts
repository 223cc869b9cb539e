// How fast a topic is read, on a broker of your own: `npm run bench -- nothing` builds it; then
// `KAFKA_BROKERS=127.0.0.1:9092 node dist-bench/bench/kafka-read.js [readings]`.
import { createRequire } from 'node:module'
import { RecordBlockBuilder } from '../src/core/record-block.ts'
import { airReadings } from '../src/events/air.ts'
import { Dictionaries } from '../src/events/dictionaries.ts'
import { createReadingDecoder } from '../src/events/reading-decoder.ts'
import { readingEncoder } from '../src/events/reading-encoder.ts'
import { openKafkaLog } from '../src/log/kafka/kafka-log.ts'
import type { Log, Topic } from '../src/log/port.ts'
import { startMeter } from './measure/usage.ts'

const brokers = (process.env.KAFKA_BROKERS ?? '').split(',').filter((broker) => broker !== '')
const count = Number(process.argv[2] ?? 1_000_000)
const ROUNDS = 3
const STATIONS = 64
const BLOCK = 5_000
const start = Date.UTC(2025, 0, 1)
const location = { city: 'Paris', country: 'FR', latitude: 48.8566, longitude: 2.3522, timeZone: 'Europe/Paris' }

interface PollingConsumer {
  connect(options: object, done: (error: Error | null) => void): void
  assign(partitions: readonly object[]): void
  consume(count: number, done: (error: Error | null, messages: readonly { size: number }[]) => void): void
  disconnect(done: () => void): void
}

async function fill(log: Log, topic: Topic): Promise<void> {
  const encoder = readingEncoder(airReadings, 7)
  const builder = new RecordBlockBuilder(1024 * 1024)
  for (let from = 0; from < count; from += BLOCK) {
    for (let i = from; i < Math.min(count, from + BLOCK); i++) {
      const stationId = `smart-${1000 + (i % STATIONS)}`
      const timestamp = start + Math.floor(i / STATIONS) * 3_600_000
      const common = { intervalMinutes: 60, location, revisedAt: null, ingestedAt: timestamp + 3_700_000, dataOrigin: 'airqino' }
      const values = {
        co: 0.3 + (i % 17) / 100,
        no2: 12.5,
        o3: null,
        pm10: 20 + (i % 11),
        pm25: i % 30,
        temperature: 4.25,
        humidity: 81,
      }
      builder.add(stationId, encoder.encode({ ...common, timestamp, stationId, ...values }))
    }
    await log.append([{ topic, partition: 0, block: builder.build() }])
  }
}

async function readColumns(log: Log, topic: Topic, decodes: boolean): Promise<number> {
  const schemas = { lookup: () => airReadings.schema }
  const decoder = createReadingDecoder({
    event: airReadings,
    dictionaries: new Dictionaries(),
    partition: 0,
    partitions: 1,
    schemas,
  })
  const reader = log.reader(topic, 0)
  let out: ReturnType<typeof decoder.decode> | undefined
  let records = 0
  for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
    if (decodes) out = decoder.decode(batch, out)
    records += batch.count
  }
  await reader.close()
  return records
}

/** node-rdkafka at its best: a thousand at a time, and the next asked for before these are worked on. */
async function readMessages(topic: Topic): Promise<number> {
  const { KafkaConsumer } = createRequire(import.meta.url)('node-rdkafka') as {
    KafkaConsumer: new (settings: object, topicSettings: object) => PollingConsumer
  }
  const settings = {
    'metadata.broker.list': brokers.join(','),
    'group.id': 'bench',
    'enable.auto.commit': false,
    'fetch.queue.backoff.ms': 1,
  }
  const consumer = new KafkaConsumer(settings, {})
  await new Promise<void>((resolve, reject) => consumer.connect({}, (error) => (error === null ? resolve() : reject(error))))
  consumer.assign([{ topic: topic.name, partition: 0, offset: 0 }])
  const ask = (): Promise<readonly { size: number }[]> =>
    new Promise((resolve, reject) =>
      consumer.consume(1_000, (error, messages) => (error === null ? resolve(messages) : reject(error))),
    )
  let records = 0
  let bytes = 0
  for (let next = ask(); records < count; ) {
    const messages = await next
    next = ask()
    for (const { size } of messages) bytes += size
    records += messages.length
    if (records >= count) await next
  }
  await new Promise<void>((resolve) => consumer.disconnect(resolve))
  return bytes > 0 ? records : 0
}

async function measure(name: string, run: () => Promise<number>): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const used = startMeter()
    const records = await run()
    const { seconds, cpuSeconds } = used()
    const rate = `${(records / seconds / 1e6).toFixed(2)} M/s`
    const cpu = `${((cpuSeconds / records) * 1e6).toFixed(2)} CPU-s per million`
    const rss = `${(process.memoryUsage().rss / 1024 / 1024).toFixed(0)} MiB`
    process.stdout.write(`${name.padEnd(34)} ${records} records  ${rate}  ${cpu}  ${rss}\n`)
  }
}

const log = await openKafkaLog({ brokers })
const topic = await log.ensureTopic({ name: `bench.read.${Date.now()}`, partitions: 1, cleanup: 'keep' })
await fill(log, topic)
await measure('reading', () => readColumns(log, topic, false))
await measure('reading and decoding', () => readColumns(log, topic, true))
await measure('node-rdkafka consume(1000)', () => readMessages(topic))
await log.deleteTopic(topic.name)
await log.close()
