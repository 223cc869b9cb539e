import { expect } from 'vitest'
import { startCassandra } from '../../../scripts/services/cassandra.js'
import type { CassandraOptions } from '../../../src/sinks/cassandra/cassandra-options.ts'
import { sinkOver } from '../../../src/sinks/cassandra/cassandra-sink.ts'
import { bigintBytes, intBytes, longBytes, textBytes } from '../../../src/sinks/cassandra/cell-bytes.ts'
import type { CqlSession } from '../../../src/sinks/cassandra/cql-session.ts'
import { driverSession } from '../../../src/sinks/cassandra/driver-session.ts'
import { PROGRESS_TABLE, progressTableCql } from '../../../src/sinks/cassandra/progress-table.ts'
import { readRows } from '../../../src/sinks/cassandra/read-rows.ts'
import { quoteName, tableName, tableStatements } from '../../../src/sinks/cassandra/table-cql.ts'
import type { Sink } from '../../../src/sinks/sink.ts'
import type { Cell, View } from '../../../src/views/view.ts'
import type { StoreFixture } from '../../conformance/sink-conformance.ts'

export interface TestCassandra {
  readonly contactPoint: string
  stop(): Promise<void>
}

/** A Cassandra of the test's own, or the one at WINDROW_TEST_CASSANDRA (`127.0.0.1:9042`), in which keyspaces may be made and dropped. */
export async function testCassandra(): Promise<TestCassandra> {
  const contactPoint = process.env.WINDROW_TEST_CASSANDRA ?? ''
  return contactPoint === '' ? startCassandra() : { contactPoint, stop: async () => undefined }
}

export function cassandraOptions(contactPoint: string, keyspace: string, more: Partial<CassandraOptions> = {}): CassandraOptions {
  return {
    contactPoints: [contactPoint],
    localDc: null,
    keyspace,
    username: null,
    password: null,
    replication: [],
    consistency: 'LOCAL_QUORUM',
    tls: null,
    ...more,
  }
}

/** Keyspaces of one test file, and what a person may do to what is in them. */
export class TestKeyspaces {
  private readonly contactPoint: string
  private readonly login: Partial<CassandraOptions>
  private readonly sessions: CqlSession[] = []
  private readonly names: string[] = []

  constructor(contactPoint: string, login: Partial<CassandraOptions> = {}) {
    this.contactPoint = contactPoint
    this.login = login
  }

  name(): string {
    const name = `wr_${process.pid}_${this.names.length}`
    this.names.push(name)
    return name
  }

  lastName(): string {
    return this.names.at(-1) ?? ''
  }

  session(keyspace: string, more: Partial<CassandraOptions> = {}): CqlSession {
    const session = driverSession(cassandraOptions(this.contactPoint, keyspace, { ...this.login, ...more }))
    this.sessions.push(session)
    return session
  }

  fixture(): StoreFixture & { readonly keyspace: string; readonly session: CqlSession; sink(): Sink } {
    const keyspace = this.name()
    const session = this.session(keyspace)
    return {
      keyspace,
      session,
      sink: () => sinkOver(this.session(keyspace), []),
      rows: (view) => allRows(session, view),
      tamper: (view, cells) => tamper(session, view, cells),
      tamperAhead: (view, cells) => tamperAhead(session, view, cells),
      ageProgress: (view, ms) => ageProgress(session, view, ms),
      remove: (view, keyCells) => remove(session, view, keyCells),
      dropTable: (view) => session.define(`DROP TABLE ${tableName(session.keyspace, view.name)}`),
      // Cassandra 5 has no constraints; what it refuses by itself is tested by itself.
      refuseThirteen: null,
    }
  }

  async dropAll(): Promise<void> {
    const session = this.session('system')
    for (const name of this.names) await session.define(`DROP KEYSPACE IF EXISTS ${quoteName(name)}`)
    for (const each of this.sessions) await each.close()
  }
}

export async function allRows(session: CqlSession, view: View): Promise<(readonly Cell[])[]> {
  const rows: (readonly Cell[])[] = []
  for await (const page of readRows(session, view)) rows.push(...page)
  return rows
}

/** As somebody would who knows of TIMESTAMP: with the time of the clock it would change nothing. */
async function tamper(session: CqlSession, view: View, cells: readonly Cell[]): Promise<void> {
  const statements = tableStatements(view, session.keyspace)
  await session.write([statements.upsert(cells, bigintBytes(await newer(session, view, cells)), false)])
}

/** As by a clock of the year 2200. */
async function tamperAhead(session: CqlSession, view: View, cells: readonly Cell[]): Promise<void> {
  const statements = tableStatements(view, session.keyspace)
  await session.write([statements.upsert(cells, bigintBytes(BigInt(Date.UTC(2200, 0, 1)) * 1000n), false)])
}

async function ageProgress(session: CqlSession, view: View, ms: number): Promise<void> {
  const table = tableName(session.keyspace, PROGRESS_TABLE)
  const rows = await session.read(`SELECT partition, updated_at, WRITETIME(updated_at) FROM ${table} WHERE "view" = ?`, [
    textBytes(view.name),
  ])
  for (const [partition, at, writtenAt] of rows) {
    const query = `UPDATE ${table} USING TIMESTAMP ? SET updated_at = ? WHERE "view" = ? AND partition = ?`
    const params = [
      bigintBytes((writtenAt as bigint) + 1n),
      longBytes((at as Date).getTime() - ms),
      textBytes(view.name),
      intBytes(partition as number),
    ]
    await session.write([{ query, params }])
  }
}

async function remove(session: CqlSession, view: View, keyCells: readonly Cell[]): Promise<void> {
  const statements = tableStatements(view, session.keyspace)
  await session.write([statements.remove(keyCells, bigintBytes(await newer(session, view, keyCells)))])
}

/** A WRITETIME above that of the row as it is. */
export async function newer(session: CqlSession, view: View, keyCells: readonly Cell[]): Promise<bigint> {
  const statements = tableStatements(view, session.keyspace)
  const { query, params } = statements.readOne(keyCells)
  const [row] = await session.read(query, params)
  return ((row === undefined ? null : statements.rows.writeTimeOf(row)) ?? BigInt(Date.now()) * 1000n) + 1n
}

/**
 * Makes the progress what a version kept that did not note the last record. The table is made anew: Cassandra 5.0.5 fails some reads of a table
 * after a column with values was dropped.
 */
export async function progressOfOlderVersion(session: CqlSession): Promise<void> {
  const progress = tableName(session.keyspace, PROGRESS_TABLE)
  const rows = await session.read(`SELECT JSON * FROM ${progress}`, [])
  const current = progressTableCql(session.keyspace)
  const older = current.replace(' last_record text,', '')
  expect(older).not.toBe(current)
  await session.define(`DROP TABLE ${progress}`)
  await session.define(older)
  expect(rows.length).toBeGreaterThan(0)
  for (const [json] of rows) {
    const { last_record: _, ...kept } = JSON.parse(String(json))
    await session.write([{ query: `INSERT INTO ${progress} JSON ?`, params: [textBytes(JSON.stringify(kept))] }])
  }
}
