import type { CqlParameter } from './cell-bytes.ts'

/** Values of a row in the order of the statement's columns, as the driver gives them; 64-bit numbers are bigint. */
export type CqlRow = readonly unknown[]

export interface CqlStatement {
  readonly query: string
  readonly params: readonly CqlParameter[]
}

export interface Cluster {
  /** Of the node that was asked. */
  readonly version: string
  readonly localDc: string
  /** Names of all data centres. */
  readonly dcs: readonly string[]
  /** Nodes of the local data centre. */
  readonly localNodes: number
}

/**
 * What the sink needs of a Cassandra. Rejects with WindrowErrors alone: `canRetry` while it is away or overburdened. Nothing here is tried again by
 * itself but what may be done twice: all except `decide` and `define`.
 */
export interface CqlSession {
  readonly keyspace: string
  /** Connects when that was not done yet. */
  cluster(): Promise<Cluster>
  /** At most a few thousand rows, at once. `isSerial`: sees what a `decide` that is under way will have done. */
  read(query: string, params: readonly CqlParameter[], options?: { readonly isSerial?: boolean }): Promise<readonly CqlRow[]>
  /** Any number of rows, a page at a time. */
  pages(query: string, params: readonly CqlParameter[], pageRows: number): AsyncGenerator<readonly CqlRow[]>
  /** Statements on one partition of a table, in one mutation: all or none. */
  write(statements: readonly CqlStatement[]): Promise<void>
  /** A lightweight transaction; false when its condition did not hold. Whether it was done is not known when it rejects. */
  decide(query: string, params: readonly CqlParameter[]): Promise<boolean>
  /** DDL, seen by every node when it resolves. */
  define(query: string): Promise<void>
  /** Where it is, without secrets. */
  describe(): string
  close(): Promise<void>
}
