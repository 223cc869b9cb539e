import { join } from 'node:path'
import { openLakeDatabase, sqlText } from '../../src/sinks/lake/lake-database.ts'
import { DEFAULT_LAKE_TUNING } from '../../src/sinks/lake/lake-tuning.ts'
import { startMeter } from '../measure/usage.ts'

export interface CopyLakeParams {
  /** A lake that `writeLake` has written. */
  readonly lake: string
  readonly topic: string
  /** What makes two readings of the topic the same. */
  readonly identity: readonly string[]
  readonly scratch: string
}

/** The same rows from a table in memory to the same days, by DuckDB's own COPY: what files of these rows take at the least. */
export async function copyLake({
  lake,
  topic,
  identity,
  scratch,
}: CopyLakeParams): Promise<{ readonly readingsASecond: number }> {
  const { memoryMb, threads } = DEFAULT_LAKE_TUNING
  const database = await openLakeDatabase({ scratch, memoryMb, threads })
  const files = sqlText(`${lake}/bronze/${topic}/**/*.parquet`)
  await database.run(`CREATE TABLE readings AS SELECT * FROM read_parquet(${files})`)
  const rows = Number((await database.rows('SELECT count(*) FROM readings'))[0]?.[0])
  const best = `SELECT * EXCLUDE (problem, raw) FROM readings
    QUALIFY row_number() OVER (PARTITION BY ${identity.join(', ')} ORDER BY revised_at DESC NULLS LAST, log_offset DESC) = 1`
  const meter = startMeter()
  for (const [layer, query] of [
    ['bronze', 'FROM readings'],
    ['silver', best],
  ] as const) {
    const to = sqlText(join(scratch, `plain-${layer}`))
    await database.run(`COPY (${query}) TO ${to} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day))`)
  }
  const { seconds } = meter()
  await database.close()
  return { readingsASecond: rows / seconds }
}
