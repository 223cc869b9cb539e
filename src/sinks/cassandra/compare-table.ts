import { WindrowError } from '../../core/errors.ts'
import { canonicalKey, parseInstant } from '../../views/row-key.ts'
import type { Cell, View, ViewColumn } from '../../views/view.ts'
import type { FinalRow } from '../final-rows.ts'
import { splitRefused } from '../split-refused.ts'
import { bigintBytes } from './cell-bytes.ts'
import { Limiter } from './limiter.ts'
import type { Pass } from './mend-table.ts'
import type { StoredKey, TableStatements } from './table-cql.ts'
import { bucketOf } from './table-layout.ts'
import { epochAbove, LAST_EPOCH, ranksUsedUp, writeTime } from './write-time.ts'

/** Rows of one partition of Cassandra that are read, written and read again together. */
const SLICE_ROWS = 500
const SLICES = 8
const KEY_PAGE_ROWS = 1_000
const REMOVALS = 16

interface StoredRow {
  readonly cells: readonly Cell[]
  readonly writeTime: bigint | null
}

/** Writes the rows of the topic that the table does not have, or has otherwise. */
export async function compareRows(pass: Pass): Promise<void> {
  const limiter = new Limiter(SLICES)
  const statements = pass.tools.writer.statementsOf(pass.source.view)
  for await (const page of pass.final.entries()) {
    pass.goOn()
    await limiter.all(slicesOf(statements, page), (slice) => compareSlice(pass, statements, slice))
  }
}

/** Rows that follow each other and are of one partition of Cassandra. */
function* slicesOf(statements: TableStatements, rows: readonly FinalRow[]): Generator<readonly FinalRow[]> {
  const most = statements.layout.clustering === null ? 1 : SLICE_ROWS
  let slice: FinalRow[] = []
  let partition = ''
  for (const row of rows) {
    const of = statements.partitionOf(row.keyCells)
    if (slice.length > 0 && (of !== partition || slice.length === most)) {
      yield slice
      slice = []
    }
    partition = of
    slice.push(row)
  }
  if (slice.length > 0) yield slice
}

async function compareSlice(pass: Pass, statements: TableStatements, slice: readonly FinalRow[]): Promise<void> {
  const stored = await readSlice(pass, statements, slice)
  const toWrite: FinalRow[] = []
  const differing = new Set<FinalRow>()
  for (const row of slice) {
    const found = stored.get(row.key)
    const isEqual = found !== undefined && areEqual(found.cells, row.cells)
    const has = found?.writeTime ?? null
    const rank = writeTime(pass.epoch, row.offset)
    if (isEqual && has === rank) continue
    // Whatever record of the key comes next has to win.
    const bound = isEqual && !pass.writesAll ? writeTime(pass.epoch, pass.final.ends[row.partition] as number) : rank
    if (has !== null && has >= bound) meet(pass, has)
    else if (!isEqual || pass.writesAll) {
      toWrite.push(row)
      if (!isEqual) differing.add(row)
    }
  }
  for (const refused of await writeRows(pass, toWrite, pass.epoch)) differing.delete(refused)
  if (differing.size === 0) return
  const after = await readSlice(pass, statements, slice)
  for (const row of differing) {
    const found = after.get(row.key)
    if (found === undefined || !areEqual(found.cells, row.cells)) await writeAbove(pass, statements, row, found)
    pass.written += 1
  }
}

/** Something in the table ranks above what this pass writes. */
function meet(pass: Pass, has: bigint): void {
  const epoch = epochAbove(has)
  if (epoch > LAST_EPOCH) throw ranksUsedUp(epoch)
  pass.leastEpoch = Math.max(pass.leastEpoch, epoch)
}

/** Something that does not show, like a deletion, ranks above the row: it is written with ever higher ranks until it is there. */
async function writeAbove(pass: Pass, statements: TableStatements, row: FinalRow, before: StoredRow | undefined): Promise<void> {
  if (before !== undefined && before.writeTime !== null && before.writeTime >= writeTime(pass.epoch, row.offset))
    meet(pass, before.writeTime)
  await above(pass, async (epoch) => {
    await pass.tools.writer.write(pass.source.view, epoch, [{ ...row, isNew: false }])
    const found = (await readSlice(pass, statements, [row])).get(row.key)
    return found !== undefined && areEqual(found.cells, row.cells)
  })
}

/** Tries higher epochs, in ever greater steps, until one does. */
async function above(pass: Pass, isDone: (epoch: number) => Promise<boolean>): Promise<void> {
  let epoch = Math.max(pass.leastEpoch, pass.epoch + 1)
  while (!(await isDone(epoch))) {
    if (epoch === LAST_EPOCH) throw ranksUsedUp(epoch)
    epoch = Math.min(LAST_EPOCH, pass.epoch + 2 * (epoch - pass.epoch))
  }
  pass.leastEpoch = Math.max(pass.leastEpoch, epoch)
}

/** The rows that Cassandra refuses for ever. */
async function writeRows(pass: Pass, rows: readonly FinalRow[], epoch: number): Promise<FinalRow[]> {
  const refused: FinalRow[] = []
  if (rows.length === 0) return refused
  const { source, tools } = pass
  await splitRefused(
    rows.map((row) => ({ ...row, isNew: false })),
    0,
    (part) => tools.writer.write(source.view, epoch, part),
    async (part, reason) => {
      const row = rows.find(({ key }) => key === part.key) as FinalRow
      refused.push(row)
      await source.refuse(part, row.partition, reason)
    },
  )
  return refused
}

async function readSlice(
  pass: Pass,
  statements: TableStatements,
  slice: readonly FinalRow[],
): Promise<ReadonlyMap<string, StoredRow>> {
  const { view } = pass.source
  const { clustering } = statements.layout
  const first = slice[0] as FinalRow
  let read = statements.readOne(first.keyCells)
  if (clustering !== null) {
    const { type } = view.key[clustering] as ViewColumn
    const times = slice.map(({ keyCells }) => keyCells[clustering] as Cell).sort((a, b) => compareTimes(type, a, b))
    read = statements.readSlice(first.keyCells, times[0] as Cell, times.at(-1) as Cell)
  }
  const stored = new Map<string, StoredRow>()
  for await (const rows of pass.tools.session.pages(read.query, read.params, KEY_PAGE_ROWS)) {
    for (const row of rows) {
      const cells = statements.rows.cellsOf(row)
      stored.set(canonicalKey(view, cells), { cells, writeTime: statements.rows.writeTimeOf(row) })
    }
  }
  return stored
}

function compareTimes(type: ViewColumn['type'], a: Cell, b: Cell): number {
  if (type === 'instant') return (a as number) - (b as number)
  if (type === 'day') return parseInstant(`${a}T00:00:00Z`) - parseInstant(`${b}T00:00:00Z`)
  return (a as string) < (b as string) ? -1 : 1
}

function areEqual(a: readonly Cell[], b: readonly Cell[]): boolean {
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return false
  return true
}

interface Extra extends StoredKey {
  readonly writeTime: bigint | null
}

/** Deletes the rows of the table that the topic does not have. */
export async function removeExtras(pass: Pass): Promise<void> {
  const { session, writer } = pass.tools
  const statements = writer.statementsOf(pass.source.view)
  const limiter = new Limiter(REMOVALS)
  for await (const page of session.pages(statements.readKeys, [], KEY_PAGE_ROWS)) {
    pass.goOn()
    const extras: Extra[] = []
    for (const row of page) {
      const stored = { keyCells: statements.keys.cellsOf(row), bucket: statements.keys.bucketOf(row) }
      if (!belongs(pass, statements, stored)) extras.push({ ...stored, writeTime: statements.keys.writeTimeOf(row) })
    }
    await limiter.all(extras, (extra) => removeExtra(pass, statements, extra))
  }
}

function belongs(pass: Pass, statements: TableStatements, { keyCells, bucket }: StoredKey): boolean {
  const { view } = pass.source
  const { bucket: layout } = statements.layout
  return pass.final.get(keyOf(view, keyCells)) !== null && (layout === null || bucketOf(layout, keyCells) === bucket)
}

function keyOf(view: View, keyCells: readonly Cell[]): string {
  try {
    return canonicalKey(view, keyCells)
  } catch (error) {
    throw new WindrowError('WR_VIEW_TABLE_MISMATCH', {
      message: `the table ${view.name} holds a row that somebody made with a key that no row can have`,
      remedy: `Delete that row, or drop the table: windrow makes it anew and fills it from the log.`,
      facts: { view: view.name, key: keyCells.map(String) },
      kind: 'usage',
      cause: error,
    })
  }
}

async function removeExtra(pass: Pass, statements: TableStatements, extra: Extra): Promise<void> {
  const { session } = pass.tools
  const remove = async (rank: bigint): Promise<boolean> => {
    await session.write([statements.removeStored(extra, bigintBytes(rank))])
    const { query, params } = statements.readStored(extra)
    return (await session.read(query, params)).length === 0
  }
  const { ends } = pass.final
  const has = extra.writeTime
  // A deletion must rank above the row and below whatever record of that key comes next. Which partition that is of nobody knows.
  const below = (end: number): bigint => writeTime(pass.epoch, pass.writesAll ? 0 : end) - 1n
  if (has !== null && has > below(Math.max(...ends))) {
    meet(pass, has)
    return
  }
  const rank = below(Math.min(...ends))
  const isGone = await remove(has !== null && has > rank ? has : rank)
  if (!isGone) await above(pass, (epoch) => remove(writeTime(epoch, 0) - 1n))
  pass.deleted += 1
}
