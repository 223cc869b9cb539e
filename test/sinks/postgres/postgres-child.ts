/** A process of its own: writes into the embedded Postgres of a directory until it is killed. Prints what it knows to be committed. */
import { openSqlClient } from '../../../src/sinks/postgres/open-sql-client.ts'
import { silentLogger } from '../silent-logger.ts'

const dataDir = process.argv[2] ?? ''
const client = openSqlClient({ postgresUrl: null, dataDir, logger: silentLogger })
await client.query('CREATE TABLE IF NOT EXISTS first (n bigint PRIMARY KEY, filler text)')
await client.query('CREATE TABLE IF NOT EXISTS second (n bigint PRIMARY KEY)')
const start = await client.query('SELECT count(*) FROM first')
process.stdout.write('open\n')
for (let n = start.rows[0]?.[0] as number; ; n++) {
  await client.transaction(async (session) => {
    await session.query("INSERT INTO first VALUES ($1, repeat('x', 500))", [n])
    await session.query('INSERT INTO second VALUES ($1)', [n])
  })
  process.stdout.write(`${n}\n`)
}
