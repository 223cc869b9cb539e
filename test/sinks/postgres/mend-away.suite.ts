import { describe, expect, onTestFinished, test } from 'vitest'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { sqlAway } from '../../../src/sinks/postgres/sql-errors.ts'
import { mendSource } from '../../conformance/mend-source.ts'
import { conformanceView, put } from '../../conformance/sink-setting.ts'
import { byKey, sinkWorld } from '../../conformance/sink-world.ts'
import { readRows } from './postgres-rows.ts'

/** A Postgres that goes away while a table is compared, or was kept by an older version. `newSchema` names one that is not there. */
export function mendAwaySuite(client: SqlClient, newSchema: () => string): void {
  describe('a comparison', () => {
    test('that could not be ended is begun again by its own process at once, and by another when its time is over', async () => {
      const schema = newSchema()
      const world = await sinkWorld(conformanceView)
      await world.write([put('paris', 0, 1), put('lyon', 1, 2)])
      const fragile = fragileClient(client)
      const sink = postgresSink({ client: fragile.client, schema })
      await sink.open([conformanceView])
      const mend = (of: typeof sink) => of.mend(mendSource(world), new AbortController().signal)

      fragile.breakAt(/^CREATE .*windrow_mend_/)
      await expect(mend(sink)).rejects.toMatchObject({ code: 'WR_SQL_AWAY' })
      await expect(mend(postgresSink({ client, schema }))).rejects.toMatchObject({ code: 'WR_SINK_MENDING', canRetry: true })
      fragile.mend()
      expect(await mend(sink)).toEqual({ written: 2, deleted: 0 })
      expect(await mend(postgresSink({ client, schema }))).toEqual({ written: 0, deleted: 0 })
      expect(byKey(conformanceView, await readRows(client, schema, conformanceView))).toEqual(world.expected())
    })

    test('is not needed where an older version kept the progress, and did not note the last record', async () => {
      const schema = newSchema()
      const world = await sinkWorld(conformanceView)
      await world.write([put('paris', 0, 1)])
      const once = await world.start(postgresSink({ client, schema }))
      await world.caughtUp(once)
      await once.stop()
      await client.query(`ALTER TABLE ${schema}.windrow_progress DROP COLUMN last_record`)
      expect(await postgresSink({ client, schema }).progress(conformanceView, world.topic())).toContain(1)

      await world.write([put('paris', 0, 2)])
      const again = await world.start(postgresSink({ client, schema }))
      onTestFinished(() => again.stop())
      await world.caughtUp(again)
      expect((await again.statuses()).map(({ mended }) => mended)).toEqual([0, 0])
      expect(await readRows(client, schema, conformanceView)).toEqual(world.expected())
      const kept = await client.query(`SELECT last_record FROM ${schema}.windrow_progress WHERE next_offset > 0`)
      expect(kept.rows).toEqual([[expect.stringMatching(/^1:[0-9a-f]{32}$/)]])
    })

    test('is one at a time in a process', async () => {
      const schema = newSchema()
      const world = await sinkWorld(conformanceView)
      await world.write([put('paris', 0, 1)])
      const sink = postgresSink({ client, schema })
      await sink.open([conformanceView])
      const both = [1, 2].map(() => sink.mend(mendSource(world), new AbortController().signal))
      expect(
        (await Promise.allSettled(both)).map((result) => (result.status === 'rejected' ? result.reason.code : 'done')),
      ).toEqual(['done', 'WR_SINK_MENDING'])
    })
  })
}

/** Away from the first statement that matches on, until it is mended. */
function fragileClient(client: SqlClient): { readonly client: SqlClient; breakAt(statement: RegExp): void; mend(): void } {
  let trigger: RegExp | null = null
  let isAway = false
  const reach = (text: string): void => {
    isAway ||= trigger?.test(text) === true
    if (isAway) throw sqlAway(client.describe(), 'the test took it away')
  }
  return {
    client: {
      query: async (text, parameters) => {
        reach(text)
        return client.query(text, parameters)
      },
      transaction: async (work, options) => {
        reach('BEGIN')
        return client.transaction(work, options)
      },
      describe: () => client.describe(),
      close: async () => undefined,
    },
    breakAt(statement) {
      trigger = statement
    },
    mend() {
      trigger = null
      isAway = false
    },
  }
}
