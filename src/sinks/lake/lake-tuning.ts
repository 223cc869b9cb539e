import { tmpdir } from 'node:os'

export interface LakeTuning {
  /** Read from a partition at once. */
  readonly batchBytes: number
  /** What was read is written when it is so old, if the log has no more for now. */
  readonly flushMs: number
  /** And as soon as it is so many rows, if they do not lie on many days. */
  readonly flushRows: number
  /** Rows of many days are gathered until each of their files gets so many on the average, */
  readonly rowsPerFile: number
  /** but not more than so many: what does not fit into memory is on the scratch disk meanwhile. */
  readonly mostRows: number
  /** A file that has so many bytes or rows is not written anew: the next part begins. */
  readonly fileBytes: number
  readonly fileRows: number
  /** DuckDB's, beside what the process takes. */
  readonly memoryMb: number
  readonly threads: number
  /** Days that are written at the same time: a bucket answers slowly. */
  readonly concurrency: number
  readonly scratch: string
  readonly firstBackoffMs: number
  readonly mostBackoffMs: number
}

export const DEFAULT_LAKE_TUNING: LakeTuning = {
  batchBytes: 1024 * 1024,
  flushMs: 60_000,
  flushRows: 500_000,
  rowsPerFile: 2_000,
  mostRows: 10_000_000,
  fileBytes: 64 * 1024 * 1024,
  fileRows: 1_000_000,
  memoryMb: 512,
  threads: 2,
  concurrency: 4,
  scratch: tmpdir(),
  firstBackoffMs: 100,
  mostBackoffMs: 30_000,
}
