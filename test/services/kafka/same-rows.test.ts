import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import { recorded, recordings } from '../../acceptance/recordings.ts'
import { type SmallPipeline, smallPipeline } from '../../acceptance/small-pipeline.ts'
import { emptyKafka } from './empty-kafka.ts'

// The log is a matter of configuration: the export is the same to the byte on the embedded one and on Kafka.

const cases = [
  { event: 'air', path: recordings.airqino, format: 'airqino', views: ['air_hourly', 'daily_sensor_means', 'stations'] },
  { event: 'energy', path: recordings.eco2mix, format: 'eco2mix', views: ['energies', 'daily_energy_summary', 'stations'] },
  {
    event: 'weather',
    path: recordings.paris,
    format: 'meteostat',
    views: ['weather_data', 'weather_hourly', 'weather_daily', 'weather_monthly', 'stations'],
  },
] as const

describe.runIf(recordings.areThere)(`${recorded}: the embedded log and Kafka give the same export of`, () => {
  const brokers = inject('services').kafkaBrokers.split(',')
  let embedded: SmallPipeline
  let kafka: SmallPipeline

  beforeEach(async () => {
    await emptyKafka(brokers)
    embedded = await smallPipeline()
    kafka = await smallPipeline(await openKafkaLog({ brokers, sessionTimeoutMs: 6_000 }))
  })
  afterEach(async () => {
    await embedded.close()
    await kafka.close()
  })

  test.each(cases)('$event readings, also when they are published again', async ({ event, path, format, views }) => {
    const expected: Record<string, string> = {}
    await embedded.produce({ path, format })
    await embedded.process(event)
    for (const view of views) expected[view] = await embedded.exportCsv(view)

    await kafka.produce({ path, format })
    await kafka.process(event)
    for (const view of views) expect(await kafka.exportCsv(view)).toBe(expected[view])

    await kafka.forgetPublished()
    await kafka.produce({ path, format })
    await kafka.process(event)
    for (const view of views) expect(await kafka.exportCsv(view)).toBe(expected[view])
  })
})
