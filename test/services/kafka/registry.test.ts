import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { startRegistry } from '../../../scripts/services/registry.js'
import { keyText, type RecordBatch, RecordBlockBuilder, valueBytes } from '../../../src/core/record-block.ts'
import { confluentRegistry } from '../../../src/log/kafka/confluent-registry.ts'
import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { Log, Topic } from '../../../src/log/port.ts'
import { builtInViews } from '../../../src/views/index.ts'
import { type CommandLine, commandLine, type RunningCommand, TWO_DAYS } from '../command-line.ts'
import { emptyKafka } from './empty-kafka.ts'

const { kafkaBrokers: brokers } = inject('services')
const VIEWS = builtInViews.map(({ name }) => name)
const ROOF = ['produce', '--source', 'file', '--file', 'roof.csv'] as const
const HEADER = 'station_id,timestamp,interval_minutes,temperature,time_zone\n'
const line = (hour: number): string => `roof,2025-01-01T${String(hour).padStart(2, '0')}:00:00Z,60,${hour}.5,Europe/Paris\n`
const RUN = ['run', '--sinks', 'none', '--until-end'] as const
const AIR_SUBJECT = 'air.readings-value'

/** Of the first partition that has any. */
async function firstRecords(log: Log, topic: Topic): Promise<readonly [number, RecordBatch]> {
  for (let partition = 0; partition < topic.partitions; partition++) {
    const reader = log.reader(topic, partition)
    const batch = await reader.next()
    await reader.close()
    if (batch !== null) return [partition, batch]
  }
  throw new Error(`${topic.name} is empty`)
}

describe('with KAFKA_BROKERS and SCHEMA_REGISTRY_URL', () => {
  let registry: Awaited<ReturnType<typeof startRegistry>>
  let windrow: CommandLine
  let embedded: CommandLine
  const ends: Array<() => Promise<unknown>> = []

  const startRun = async (): Promise<RunningCommand> => {
    const running = windrow.start('run', '--sinks', 'none')
    ends.push(() => running.stop())
    // It asks the registry when it starts.
    await expect.poll(() => running.stderr.text, { timeout: 60_000 }).toContain('running')
    return running
  }
  const accepted = async (topic: string): Promise<number> => {
    const { partitions } = await windrow.json<{
      partitions: ReadonlyArray<{ topic: string; ledger: { accepted: number; dead_lettered: number } }>
    }>('audit', '--json')
    return partitions.filter((each) => each.topic === topic).reduce((sum, { ledger }) => sum + ledger.accepted, 0)
  }
  const untilAccepted = (topic: string, count: number): Promise<void> =>
    expect.poll(() => accepted(topic), { timeout: 60_000, interval: 200 }).toBe(count)
  const ask = async (path: string, body?: { readonly method: 'POST' | 'PUT'; readonly json: unknown }): Promise<unknown> => {
    const response = await fetch(`${registry.url}${path}`, {
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      ...(body === undefined ? {} : { method: body.method, body: JSON.stringify(body.json) }),
    })
    expect(response.status).toBe(200)
    return response.json()
  }

  const settings = () => ({
    KAFKA_BROKERS: brokers,
    SCHEMA_REGISTRY_URL: registry.url,
    KAFKA_SESSION_TIMEOUT_MS: '6000',
    WINDROW_PARTITIONS: '4',
    WINDROW_LOG_LEVEL: 'info',
  })

  beforeAll(async () => {
    await emptyKafka(brokers.split(','))
    registry = await startRegistry()
    windrow = await commandLine(settings())
    embedded = await commandLine({ WINDROW_PARTITIONS: '4' })
    for (const { folder } of [windrow, embedded]) await writeFile(join(folder, 'roof.csv'), HEADER + line(0))
  })
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
  })
  afterAll(async () => {
    await registry.stop()
    await windrow.remove()
    await embedded.remove()
  })

  test('the exports of every view are those of the embedded run of the same readings, to the byte', async () => {
    for (const cli of [embedded, windrow]) {
      await cli.ok(...TWO_DAYS)
      await cli.ok(...ROOF)
      await cli.ok(...RUN)
    }
    for (const view of VIEWS) {
      const expected = await embedded.ok('export', view)
      expect(expected.split('\n').length, view).toBeGreaterThan(3)
      expect(await windrow.ok('export', view), view).toBe(expected)
    }
    const subjects = ['weather', 'air', 'energy'].map((kind) => `${kind}.readings-value`)
    expect(await ask('/subjects')).toEqual(
      expect.arrayContaining([...subjects, ...VIEWS.map((view) => `views.${view}-value`), 'views.current-value']),
    )
    // Neither of them is kept twice.
    expect(await ask(`/subjects/${AIR_SUBJECT}/versions`)).toEqual([1])
  })

  test('while the registry is away processes go on with what they know, and new ones say what is missing', async () => {
    await startRun()
    const producing = windrow.start(...ROOF, '--continuous', '--interval', '1')
    ends.push(() => producing.stop())
    const before = await accepted('weather.readings')
    for (const { folder } of [windrow, embedded]) await appendFile(join(folder, 'roof.csv'), line(1))
    await untilAccepted('weather.readings', before + 1)

    await registry.kill()
    for (const { folder } of [windrow, embedded]) await appendFile(join(folder, 'roof.csv'), line(2))
    await untilAccepted('weather.readings', before + 2)
    for (const words of [RUN, ROOF, ['export', 'weather_hourly']]) {
      const { code, stderr } = await windrow.run(...words)
      expect(stderr, words[0]).toContain('WR_REGISTRY_UNREACHABLE')
      expect(stderr, words[0]).toMatch(/Remedy: .*SCHEMA_REGISTRY_URL/)
      expect(code, words[0]).toBe(3)
    }

    await registry.start()
    await embedded.ok(...ROOF)
    await embedded.ok(...RUN)
    for (const view of ['weather_hourly', 'weather_data']) {
      expect(await windrow.ok('export', view), view).toBe(await embedded.ok('export', view))
    }
  })

  test('a record with a schema that nobody asked for yet waits while the registry is away, and is no dead letter', async () => {
    const running = await startRun()
    const log = await openKafkaLog({ brokers: brokers.split(','), schemaRegistryUrl: registry.url })
    try {
      const topic = await log.findTopic('air.readings')
      if (topic === null) throw new Error('There is no topic air.readings')
      const schema = JSON.parse((await log.registry.versions(AIR_SUBJECT))[0]?.schema ?? '')
      const doc = 'The same with other words, as another program registers it.'
      const { id } = (await ask(`/subjects/${AIR_SUBJECT}/versions`, {
        method: 'POST',
        json: { schema: JSON.stringify({ ...schema, doc }) },
      })) as { id: number }
      const [partition, batch] = await firstRecords(log, topic)
      // A duplicate of the first record, written by another schema.
      const value = Buffer.from(valueBytes(batch, 0) ?? [])
      value.writeUInt32BE(id, 1)
      const block = new RecordBlockBuilder()
      block.add(keyText(batch, 0), value)
      const before = await accepted('air.readings')
      await registry.kill()
      await log.append([{ topic, partition, block: block.build() }])
      await expect
        .poll(() => running.stderr.text, { timeout: 60_000 })
        .toMatch(/air\.readings.*WR_REGISTRY_UNREACHABLE|WR_REGISTRY_UNREACHABLE.*air\.readings/s)
      expect(await accepted('air.readings')).toBe(before)
      await registry.start()
      await untilAccepted('air.readings', before + 1)
      expect(await windrow.ok('dlq', 'list', '--json')).not.toContain('air.readings')
      expect((await running.stop()).code).toBe(0)
    } finally {
      await log.close()
    }
  })

  test('a schema in the registry that readings cannot be read with is refused at start, by subject, version and field', async () => {
    const fields = [
      { name: 'station_id', type: 'string' },
      { name: 'timestamp', type: 'string' },
    ]
    const schema = JSON.stringify({ type: 'record', name: 'AirReading', namespace: 'somebody.else', fields })
    await ask('/subjects/other.readings-value/versions', { method: 'POST', json: { schema } })
    const other = await commandLine({ ...settings(), WINDROW_TOPIC_AIR: 'other.readings' })
    try {
      for (const words of [RUN, TWO_DAYS]) {
        const { code, stderr } = await other.run(...words)
        expect(stderr).toContain('WR_SCHEMA_INCOMPATIBLE')
        expect(stderr).toMatch(/version 1 of other\.readings-value: .*timestamp/)
        expect(code).toBe(2)
      }
    } finally {
      await other.remove()
    }
  })

  test('a schema that the registry itself does not take is refused with what it says', async () => {
    const client = confluentRegistry(registry.url)
    const schemaOf = (type: string): string => JSON.stringify({ type: 'record', name: 'Row', fields: [{ name: 'value', type }] })
    await client.register('strict-value', schemaOf('int'))
    await ask('/config/strict-value', { method: 'PUT', json: { compatibility: 'BACKWARD' } })
    await expect(client.register('strict-value', schemaOf('string'))).rejects.toMatchObject({
      code: 'WR_SCHEMA_INCOMPATIBLE',
      message: expect.stringContaining('strict-value'),
      remedy: expect.stringContaining('default'),
    })
    await client.register('strict-value', schemaOf('long'))
    expect((await client.versions('strict-value')).map(({ version }) => version)).toEqual([1, 2])
  })
})
