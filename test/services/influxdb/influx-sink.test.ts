import { describe } from 'vitest'
import { influxSink } from '../../../src/sinks/influxdb/influx-sink.ts'
import { pointPlan } from '../../../src/sinks/influxdb/point-plan.ts'
import { prepareBucket } from '../../../src/sinks/influxdb/prepare-bucket.ts'
import { ProgressPoints } from '../../../src/sinks/influxdb/progress-points.ts'
import { removePoints } from '../../../src/sinks/influxdb/remove-points.ts'
import { sinkConformance } from '../../conformance/sink-conformance.ts'
import { readRows } from './read-rows.ts'
import { canStart, testServer } from './server.ts'

describe.runIf(canStart)('an InfluxDB server', () => {
  const services = testServer()

  sinkConformance({
    name: 'influxdb',
    fences: false,
    async fixture() {
      const options = services.newOptions()
      const client = services.client(options)
      await prepareBucket(client, [])
      return {
        sink: () => influxSink(options),
        rows: (view) => readRows(client, view),
        tamper: (view, cells) => client.write([pointPlan(view).encode(cells).line]),
        async ageProgress(view, ms) {
          const points = new ProgressPoints(client, () => Date.now() - ms)
          const topic = (topicId: string) => ({ name: '', id: topicId, partitions: 2, cleanup: 'compact' as const })
          for (const { partition, topicId, nextOffset, last } of await points.read(view.name)) {
            await points.advance({ view, topic: topic(topicId), partition }, nextOffset, last)
          }
        },
        async remove(view, key) {
          const plan = pointPlan(view)
          await removePoints(client, plan, [{ keyTexts: plan.keyTexts(key), at: plan.time.of(key) }], [])
        },
        // A measurement without points is nothing that a write misses.
        dropTable: null,
        refuseThirteen: null,
      }
    },
  })
})
