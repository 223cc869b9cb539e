import cassandra from 'cassandra-driver'
import type { Cell, ColumnType, View } from '../../src/views/view.ts'
import type { OpenRawWriter } from './raw-writer.ts'

const BATCH_ROWS = 50
const UNDER_WAY = 32
const KEYSPACE = 'raw'

const TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  month: 'text',
  instant: 'timestamp',
  day: 'date',
  double: 'double',
  count: 'bigint',
  flag: 'boolean',
}

/** Prepared inserts in unlogged batches, each within one partition, by the driver alone. */
export const openRawCassandra: OpenRawWriter = async (environment, view) => {
  const client = new cassandra.Client({
    contactPoints: [environment.CASSANDRA_CONTACT_POINTS ?? ''],
    localDataCenter: environment.CASSANDRA_LOCAL_DC ?? '',
  })
  await client.connect()
  await client.execute(
    `CREATE KEYSPACE IF NOT EXISTS ${KEYSPACE} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  )
  await client.execute(createTable(view))
  const columns = view.columns.map(({ column }) => column)
  const query = `INSERT INTO ${KEYSPACE}.${view.name} (${columns.join(', ')}, bucket) VALUES (${columns.map(() => '?').join(', ')}, ?)`

  async function work(batches: Iterator<readonly (readonly Cell[])[]>): Promise<void> {
    for (let next = batches.next(); next.done !== true; next = batches.next()) {
      const queries = next.value.map((cells) => ({ query, params: [...cells, bucketOf(cells)] }))
      await client.batch(queries, { prepare: true, logged: false, isIdempotent: true })
    }
  }

  return {
    async write(rows) {
      const batches = batchesOf(rows)
      await Promise.all(Array.from({ length: UNDER_WAY }, () => work(batches)))
    },
    close: () => client.shutdown(),
  }
}

function createTable(view: View): string {
  const [station, hour] = view.key.map(({ column }) => column)
  const columns = view.columns.map(({ column, type }) => `${column} ${TYPES[type]}`)
  return `CREATE TABLE IF NOT EXISTS ${KEYSPACE}.${view.name} (${columns.join(', ')}, bucket text, PRIMARY KEY ((${station}, bucket), ${hour}))`
}

function bucketOf(cells: readonly Cell[]): string {
  return new Date(cells[1] as number).toISOString().slice(0, 7)
}

function* batchesOf(rows: ReadonlyArray<readonly Cell[]>): Generator<readonly (readonly Cell[])[]> {
  const open = new Map<string, (readonly Cell[])[]>()
  for (const cells of rows) {
    const partition = `${cells[0]} ${bucketOf(cells)}`
    const batch = open.get(partition) ?? []
    batch.push(cells)
    open.set(partition, batch)
    if (batch.length < BATCH_ROWS) continue
    open.delete(partition)
    yield batch
  }
  yield* open.values()
}
