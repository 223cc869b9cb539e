import { expect, onTestFinished } from 'vitest'
import { openPgClient } from '../../../src/sinks/postgres/pg-client.ts'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import type { SinkTuning } from '../../../src/sinks/sink-options.ts'
import type { SinkRunner } from '../../../src/sinks/sink-runner.ts'
import type { Cell } from '../../../src/views/view.ts'
import { conformanceView, drop, put } from '../../conformance/sink-setting.ts'
import { byKey, type Change, PATIENCE_MS, type SinkWorld, sinkWorld } from '../../conformance/sink-world.ts'
import { readRows } from '../../sinks/postgres/postgres-rows.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'

/** Times so short that a test need not wait for long. */
const QUICK = { statementTimeoutMs: 1_000, silenceMs: 500, connectTimeoutMs: 500 } as const
export const PATIENCE = { timeout: PATIENCE_MS, interval: 20 } as const

/** A client that gives up early, of which a sink asks again; closed when the test ends. */
export function impatientClient(url: string): SqlClient {
  return closedInTheEnd(openPgClient({ url, logger: silentLogger, ...QUICK }))
}

/** A client for what is asked once: a machine that is slow for a second does not make it give up. Closed when the test ends. */
export function patientClient(url: string): SqlClient {
  return closedInTheEnd(openPgClient({ url, logger: silentLogger }))
}

function closedInTheEnd(client: SqlClient): SqlClient {
  onTestFinished(() => client.close())
  return client
}

export interface Writing {
  readonly world: SinkWorld
  readonly runner: SinkRunner
  /** Writes so many rounds of changes of 200 keys into the log. */
  load(rounds: number): Promise<void>
  /** Waits until a partition tells of a problem of this code. */
  untilProblem(code: string): Promise<void>
  /** Waits until the table is as the log says. */
  untilEqual(): Promise<void>
}

let schemas = 0

/** A sink at work on a schema of its own. `url` is where it writes; `direct` where the test looks. */
export async function writing(
  url: string,
  direct: SqlClient,
  given: Partial<SinkTuning> & { schema?: string } = {},
): Promise<Writing> {
  const { schema = `faults_${++schemas}`, ...tuning } = given
  const world = await sinkWorld(conformanceView)
  const client = impatientClient(url)
  const runner = await world.start(postgresSink({ client, schema }), { mostBackoffMs: 100, ...tuning })
  onTestFinished(() => runner.stop())
  let round = 0
  const rows = async (): Promise<Cell[][]> => byKey(conformanceView, await readRows(direct, schema, conformanceView))
  return {
    world,
    runner,
    async load(rounds) {
      for (const last = round + rounds; round < last; round++) await world.write(changesOf(round))
    },
    async untilProblem(code) {
      const codes = async () => (await runner.statuses()).map(({ problem }) => problem?.code)
      await expect.poll(codes, PATIENCE).toContain(code)
    },
    async untilEqual() {
      await world.caughtUp(runner)
      expect(await rows()).toEqual(world.expected())
    },
  }
}

function changesOf(round: number): Change[] {
  return Array.from({ length: 200 }, (_, i) =>
    (i + round) % 11 === 0 ? drop(`s${i % 10}`, Math.floor(i / 10)) : put(`s${i % 10}`, Math.floor(i / 10), i + round * 1_000),
  )
}
