import type { SinkHealth } from '../api/ports.ts'
import type { Clock } from '../core/clock.ts'
import { WindrowError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { partitionOf } from '../core/murmur2.ts'
import { RecordBlockBuilder } from '../core/record-block.ts'
import { deadLetterKey, encodeDeadLetter } from '../events/dead-letter.ts'
import type { Write } from '../log/port.ts'
import type { DeadLetterTopic } from '../runtime/dead-letter-output.ts'
import type { Runner } from '../runtime/runner.ts'
import { postgresSink } from '../sinks/postgres/postgres-sink.ts'
import type { SqlClient } from '../sinks/postgres/sql-client.ts'
import type { RefusedRow } from '../sinks/refused-row.ts'
import { type SinkRunner, startSinkRunner } from '../sinks/sink-runner.ts'
import type { SinkStatus } from '../sinks/sink-status.ts'
import type { Session } from './session.ts'

export const SINK_NAMES = ['postgres', 'none'] as const

/** Throws WR_USAGE for a name that is none of SINK_NAMES. */
export function checkSinkNames(names: readonly string[]): void {
  const unknown = names.find((name) => !(SINK_NAMES as readonly string[]).includes(name))
  if (unknown === undefined) return
  throw new WindrowError('WR_USAGE', {
    message: `There is no sink called ${JSON.stringify(unknown)}.`,
    remedy: `Use --sinks with any of ${SINK_NAMES.join(', ')}.`,
    kind: 'usage',
  })
}

export interface SinksOptions {
  readonly session: Session
  readonly runner: Runner
  readonly sql: SqlClient
  readonly logger: Logger
  readonly clock: Clock
}

/** Starts to keep the views in Postgres. The caller stops it, and closes the client afterwards. */
export function startPostgresSink({ session, runner, sql, logger, clock }: SinksOptions): Promise<SinkRunner> {
  return startSinkRunner({
    sink: postgresSink({ client: sql }),
    log: session.log,
    views: session.catalogue.views,
    deadLetter: (row) => deadLetterOf(row, runner.deadLetters, clock.now()),
    logger,
    clock,
  })
}

function deadLetterOf(
  { sink, target, offset, key, value, code, message }: RefusedRow,
  { topic, schemaId }: DeadLetterTopic,
  at: number,
): Write {
  const origin = {
    kind: 'sink',
    sink,
    topic: target.topic.name,
    topicId: target.topic.id,
    partition: target.partition,
    offset,
  } as const
  const letter = { origin, line: null, code, message, key, value, valueLength: value?.byteLength ?? 0, at }
  const recordKey = new TextEncoder().encode(deadLetterKey(origin))
  const builder = new RecordBlockBuilder()
  builder.add(recordKey, encodeDeadLetter(letter, schemaId))
  return { topic, partition: partitionOf(recordKey, topic.partitions), block: builder.build() }
}

const order = ['stopped', 'waiting', 'starting', 'catching_up', 'running'] as const

/** One line a view: its partitions' lags together, and the state of the one that is worst off. */
export function sinkHealth(statuses: readonly SinkStatus[]): SinkHealth[] {
  const byView = new Map<string, SinkStatus[]>()
  for (const status of statuses) {
    const name = `${status.sink} ${status.view}`
    byView.set(name, [...(byView.get(name) ?? []), status])
  }
  return [...byView.values()].map((parts) => {
    const [first] = parts as [SinkStatus]
    const worst = parts.reduce((a, b) => (order.indexOf(b.state) < order.indexOf(a.state) ? b : a))
    const writes = parts.flatMap(({ lastWriteAt }) => (lastWriteAt === null ? [] : [lastWriteAt]))
    return {
      sink: first.sink,
      view: first.view,
      state: worst.state,
      lag: parts.reduce((sum, { lag }) => sum + lag, 0),
      lastWriteAt: writes.length === 0 ? null : Math.max(...writes),
      problem: parts.find(({ problem }) => problem !== null)?.problem ?? null,
    }
  })
}
