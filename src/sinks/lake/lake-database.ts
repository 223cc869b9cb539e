import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBAppender, DuckDBConnection, DuckDBInstance, DuckDBType, DuckDBValue } from '@duckdb/node-api'
import { messageOf, WindrowError } from '../../core/errors.ts'
import { makeScratchFolder } from './scratch-folder.ts'

export interface LakeDatabaseOptions {
  /** A folder for what does not fit into memory and for files on their way; a folder of its own is made in it, and removed in the end. */
  readonly scratch: string
  /** What DuckDB may use; the rest goes to the scratch folder. */
  readonly memoryMb: number
  readonly threads: number
}

/** A DuckDB in memory, which reads and writes the Parquet files of a lake. Statements of one `LakeSession` run one after another. */
export interface LakeDatabase extends LakeSession {
  /** Of the library. */
  readonly duckdb: typeof import('@duckdb/node-api')
  /** A path in the scratch folder that nobody else is given. */
  scratchPath(): string
  /** Works on what the others see too, and at the same time as they. */
  session(): Promise<LakeSession>
  close(): Promise<void>
}

export interface LakeSession {
  /** Rejects with WR_LAKE_DATABASE, which may pass where a disk or memory was full, with WR_LAKE_FILE for a file that is no Parquet. */
  run(sql: string): Promise<void>
  rows(sql: string): Promise<DuckDBValue[][]>
  /** Appends rows in columns: a value for each row in each. NaN is null where the column is DOUBLE. */
  append(table: string, types: readonly DuckDBType[], count: number, columns: readonly Column[]): Promise<void>
  end(): void
}

/** The value of a column in row i, null where there is none. */
export type Column = (i: number) => DuckDBValue

const CHUNK_ROWS = 2048

/**
 * The native library is loaded here for the first time: that takes longer than all else of a start. Rejects with WR_LAKE_DATABASE where there can
 * be no scratch folder.
 */
export async function openLakeDatabase({ scratch, memoryMb, threads }: LakeDatabaseOptions): Promise<LakeDatabase> {
  const duckdb = await import('@duckdb/node-api')
  const folder = await makeScratchFolder(scratch)
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: `${memoryMb}MB`,
    temp_directory: join(folder, 'spilled'),
    autoinstall_known_extensions: 'false',
    preserve_insertion_order: 'true',
  })
  return new Database(duckdb, instance, folder, await instance.connect())
}

class Session implements LakeSession {
  protected readonly library: typeof import('@duckdb/node-api')
  private readonly connection: DuckDBConnection

  constructor(library: typeof import('@duckdb/node-api'), connection: DuckDBConnection) {
    this.library = library
    this.connection = connection
  }

  async run(sql: string): Promise<void> {
    await explained(() => this.connection.run(sql))
  }

  rows(sql: string): Promise<DuckDBValue[][]> {
    return explained(async () => (await this.connection.runAndReadAll(sql)).getRows())
  }

  append(table: string, types: readonly DuckDBType[], count: number, columns: readonly Column[]): Promise<void> {
    return explained(async () => {
      const appender = await this.connection.createAppender(table)
      try {
        for (let from = 0; from < count; from += CHUNK_ROWS)
          this.appendChunk(appender, types, from, Math.min(count, from + CHUNK_ROWS), columns)
      } finally {
        appender.closeSync()
      }
    })
  }

  end(): void {
    this.connection.closeSync()
  }

  private appendChunk(
    appender: DuckDBAppender,
    types: readonly DuckDBType[],
    from: number,
    to: number,
    columns: readonly Column[],
  ): void {
    const chunk = this.library.DuckDBDataChunk.create(types, to - from)
    for (const [c, column] of columns.entries()) {
      const vector = chunk.getColumnVector(c)
      for (let i = from; i < to; i++) vector.setItem(i - from, column(i))
      vector.flush()
    }
    appender.appendDataChunk(chunk)
  }
}

class Database extends Session implements LakeDatabase {
  private readonly instance: DuckDBInstance
  private readonly folder: string
  private paths = 0

  constructor(
    library: typeof import('@duckdb/node-api'),
    instance: DuckDBInstance,
    folder: string,
    connection: DuckDBConnection,
  ) {
    super(library, connection)
    this.instance = instance
    this.folder = folder
  }

  get duckdb(): typeof import('@duckdb/node-api') {
    return this.library
  }

  scratchPath(): string {
    return join(this.folder, `${this.paths++}.parquet`)
  }

  async session(): Promise<LakeSession> {
    return new Session(this.library, await this.instance.connect())
  }

  async close(): Promise<void> {
    this.end()
    this.instance.closeSync()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** A text as SQL has it. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A name as SQL has it, whatever words it is made of. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const message = messageOf(cause).split('\n')[0] ?? ''
    if (/no magic bytes|too small to be a Parquet|Invalid Input Error.*parquet|Failed to read Parquet/i.test(message))
      throw brokenFile(message, cause)
    throw databaseFailed(message, cause)
  }
}

function brokenFile(message: string, cause: unknown): WindrowError {
  return new WindrowError('WR_LAKE_FILE', {
    message: `A file of the lake cannot be read: ${message}`,
    remedy: 'Somebody else wrote it. Put it back from a copy, or move the day away and let the lake be made anew.',
    cause,
    kind: 'usage',
  })
}

function databaseFailed(message: string, cause: unknown): WindrowError {
  return new WindrowError('WR_LAKE_DATABASE', {
    message: `DuckDB, which writes the files of the lake, failed: ${message}`,
    remedy:
      'It is tried again. See that the scratch folder has room (set by TMPDIR), and that the process has the memory that it was given.',
    cause,
    canRetry: true,
  })
}
