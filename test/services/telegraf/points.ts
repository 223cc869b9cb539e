import { type RecordBatch, valueBytes } from '../../../src/core/record-block.ts'
import { avroType } from '../../../src/events/avro-schema.ts'
import { schemaIdOf, WIRE_HEADER_BYTES } from '../../../src/events/wire-format.ts'
import type { Log } from '../../../src/log/port.ts'
import type { InfluxClient } from '../../../src/sinks/influxdb/influx-client.ts'
import { fitsTag, nearestTag } from '../../../src/sinks/influxdb/line-text.ts'
import { PLACE_TAGS, type TelegrafPoints } from '../../telegraf/telegraf-points.ts'

type Value = string | number | boolean

/** Fields of points by measurement, tags and time: two points of one such name are one. */
export type Points = ReadonlyMap<string, Readonly<Record<string, Value>>>

const nameOf = (measurement: string, tags: Readonly<Record<string, string>>, time: number): string =>
  JSON.stringify([measurement, Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)), time])

/** All points of a measurement in the client's bucket. */
export async function pointsIn(client: InfluxClient, measurement: string): Promise<Points> {
  const points = new Map<string, Record<string, Value>>()
  for await (const { tags, columns, values } of client.query([`SELECT * FROM "${measurement}" GROUP BY *`])) {
    const present = Object.fromEntries(Object.entries(tags).filter(([, text]) => text !== ''))
    const timeAt = columns.indexOf('time')
    for (const cells of values) {
      const fields = columns.flatMap((name, i) => (i === timeAt || cells[i] === null ? [] : [[name, cells[i] as Value]]))
      points.set(nameOf(measurement, present, cells[timeAt] as number), Object.fromEntries(fields))
    }
  }
  return points
}

export async function countIn(client: InfluxClient, measurement: string): Promise<number> {
  for await (const { values } of client.query([`SELECT count("interval_minutes") FROM "${measurement}"`])) {
    return values[0]?.[1] as number
  }
  return 0
}

/** Name and type of every field of a measurement, as the server has them. */
export async function fieldTypes(client: InfluxClient, measurement: string): Promise<Readonly<Record<string, string>>> {
  const types: Record<string, string> = {}
  for await (const { values } of client.query([`SHOW FIELD KEYS FROM "${measurement}"`])) {
    for (const [name, type] of values) types[String(name)] = String(type)
  }
  return types
}

/**
 * The points of a topic's committed readings, by the reading's own schema and a later one over an earlier one: what Telegraf has to write.
 * Records of other schemas are left out.
 */
export async function pointsOfLog(log: Log, topicName: string, plan: TelegrafPoints): Promise<Points> {
  const points = new Map<string, Record<string, Value>>()
  const topic = await log.findTopic(topicName)
  const schemaId = await log.registry.register(`${topicName}-value`, plan.event.schema)
  const type = avroType(JSON.parse(plan.event.schema))
  const names = new Set(plan.fields.map(({ name }) => name))
  for (let partition = 0; partition < (topic?.partitions ?? 0); partition++) {
    const reader = log.reader(topic as NonNullable<typeof topic>, partition)
    for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
      for (let i = 0; i < batch.count; i++) add(batch, i)
    }
    await reader.close()
  }
  return points

  function add(batch: RecordBatch, i: number): void {
    const bytes = valueBytes(batch, i)
    if (bytes === null || schemaIdOf(bytes) !== schemaId) return
    const reading = type.fromBuffer(Buffer.from(bytes.subarray(WIRE_HEADER_BYTES))) as Record<string, Value | null>
    const all = { ...reading, ...(reading.location as unknown as Record<string, Value | null>) }
    const tags: Record<string, string> = {}
    const fields: Record<string, Value> = {}
    for (const name of [...plan.keyTags, ...PLACE_TAGS]) {
      const text = all[name] as string | null
      if (text === null) continue
      const tag = fitsTag(text) ? text : nearestTag(text)
      if (tag !== null) tags[name] = tag
      if (tag !== text) fields[`${name}_exact`] = text
    }
    for (const name of names) if ((all[name] ?? null) !== null) fields[name] = all[name] as Value
    const name = nameOf(plan.measurement, tags, all.timestamp as number)
    points.set(name, { ...points.get(name), ...fields })
  }
}
