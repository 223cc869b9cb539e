import type { View } from '../../views/view.ts'
import type { SinkRow } from '../sink.ts'
import { rowError } from './cassandra-errors.ts'
import type { CqlSession, CqlStatement } from './cql-session.ts'
import type { Limiter } from './limiter.ts'
import { type TableStatements, tableStatements } from './table-cql.ts'
import { writeTimeBytes } from './write-time.ts'

/** Of one request: Cassandra takes the rows of one partition as one mutation, which must fit into half a segment of its commit log. */
const BATCH_ROWS = 100
const BATCH_BYTES = 40_000

/** A row as it is to be in Cassandra; `cells` null: gone. */
export type RankedRow = Pick<SinkRow, 'keyCells' | 'cells' | 'offset' | 'isNew'>

/** Writes rows of views into their tables, each with the rank of its record. */
export class RowWriter {
  private readonly session: CqlSession
  private readonly limiter: Limiter
  private readonly statements = new Map<string, TableStatements>()

  constructor(session: CqlSession, limiter: Limiter) {
    this.session = session
    this.limiter = limiter
  }

  statementsOf(view: View): TableStatements {
    let statements = this.statements.get(view.name)
    if (statements === undefined) {
      statements = tableStatements(view, this.session.keyspace)
      this.statements.set(view.name, statements)
    }
    return statements
  }

  /** All are written when it resolves; when it rejects some may be. WR_ROW_REFUSED when a row is to blame. */
  async write(view: View, epoch: number, rows: readonly RankedRow[]): Promise<void> {
    const statements = this.statementsOf(view)
    const ranked = (row: RankedRow): CqlStatement => {
      const rank = writeTimeBytes(epoch, row.offset)
      return row.cells === null ? statements.remove(row.keyCells, rank) : statements.upsert(row.cells, rank, row.isNew)
    }
    await this.send(view, requests(statements, rows, ranked))
  }

  /** Takes rows of an epoch that is over back: what a higher one wrote stays. */
  async takeBack(view: View, epoch: number, rows: readonly RankedRow[]): Promise<void> {
    const statements = this.statementsOf(view)
    const removed = (row: RankedRow): CqlStatement => statements.remove(row.keyCells, writeTimeBytes(epoch, row.offset))
    await this.send(view, requests(statements, rows, removed))
  }

  private async send(view: View, all: Iterable<readonly CqlStatement[]>): Promise<void> {
    try {
      await this.limiter.all(all, (request) => this.session.write(request))
    } catch (error) {
      throw rowError(view.name, error)
    }
  }
}

/** The rows of each partition of Cassandra together, in requests of bounded size. */
function* requests(
  statements: TableStatements,
  rows: readonly RankedRow[],
  statementOf: (row: RankedRow) => CqlStatement,
): Generator<readonly CqlStatement[]> {
  const partitions = new Map<string, RankedRow[]>()
  for (const row of rows) {
    const partition = statements.partitionOf(row.keyCells)
    const together = partitions.get(partition)
    if (together === undefined) partitions.set(partition, [row])
    else together.push(row)
  }
  for (const together of partitions.values()) {
    let request: CqlStatement[] = []
    let bytes = 0
    for (const row of together) {
      const statement = statementOf(row)
      const size = sizeOf(statement)
      if (request.length > 0 && (request.length === BATCH_ROWS || bytes + size > BATCH_BYTES)) {
        yield request
        request = []
        bytes = 0
      }
      request.push(statement)
      bytes += size
    }
    yield request
  }
}

function sizeOf({ params }: CqlStatement): number {
  let bytes = 0
  for (const param of params) bytes += 4 + (param?.byteLength ?? 0)
  return bytes
}
