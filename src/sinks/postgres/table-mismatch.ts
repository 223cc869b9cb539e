import { WindrowError } from '../../core/errors.ts'
import type { View } from '../../views/view.ts'
import type { ExistingTable } from './existing-table.ts'
import { quoteName } from './quote.ts'
import { columnType, tableName } from './table-sql.ts'
import type { ExtraColumn } from './view-extras.ts'

interface Problem {
  readonly what: string
  /** What to do to the table for it to be the view's, beginning with ALTER; null where it has to be made anew. */
  readonly change: string | null
}

/** Throws WR_VIEW_TABLE_MISMATCH for a table that cannot hold the view, also after missing columns are added that take null or have an initial value. */
export function assertTableOfView(view: View, schema: string, extras: readonly ExtraColumn[], existing: ExistingTable): void {
  const problems = [...keyProblems(view, existing), ...columnProblems(view, existing), ...otherColumns(view, extras, existing)]
  if (problems.length === 0) return
  const table = `${schema}.${view.name}`
  const changes = problems.map(({ change }) => change)
  const anew = `rename or drop the table (DROP TABLE ${table} CASCADE, by which views on it go too): windrow makes it anew and fills it from the log.`
  throw new WindrowError('WR_VIEW_TABLE_MISMATCH', {
    message: `the table ${table} is not that of the view: ${problems.map(({ what }) => what).join('; ')}`,
    remedy: changes.includes(null)
      ? anew.replace(/^r/, 'R')
      : `Change it (ALTER TABLE ${tableName(schema, view.name)} ${changes.join(', ')}), or ${anew}`,
    facts: { table, problems: problems.map(({ what }) => what) },
    kind: 'usage',
  })
}

function keyProblems(view: View, existing: ExistingTable): Problem[] {
  const expected = view.key.map((column) => column.column)
  if (expected.join() === existing.key.join()) return []
  return [{ what: `its primary key is (${existing.key.join(', ')}) and should be (${expected.join(', ')})`, change: null }]
}

function columnProblems(view: View, existing: ExistingTable): Problem[] {
  return view.columns.flatMap(({ column, type, nullable, initial }): Problem[] => {
    const found = existing.columns.get(column)
    if (found === undefined)
      return nullable || initial !== undefined ? [] : [{ what: `${column} is missing and cannot be null`, change: null }]
    const problems: Problem[] = []
    const wanted = columnType(type)
    if (found.type !== wanted) problems.push({ what: `${column} is ${found.type} and should be ${wanted}`, change: null })
    if (found.notNull && nullable) {
      problems.push({ what: `${column} is NOT NULL and should take null`, change: dropNotNull(column) })
    }
    if (!found.notNull && !nullable) {
      const change = `ALTER COLUMN ${quoteName(column)} SET NOT NULL`
      problems.push({ what: `${column} is nullable and should be NOT NULL`, change })
    }
    return problems
  })
}

/** A column that a view had before, or that somebody added, stays: as long as a row needs no value for it. */
function otherColumns(view: View, extras: readonly ExtraColumn[], existing: ExistingTable): Problem[] {
  const ours = new Set([...view.columns, ...extras].map(({ column }) => column))
  return [...existing.columns.values()]
    .filter(({ name, notNull, supplied }) => !ours.has(name) && notNull && !supplied)
    .map(({ name }) => ({ what: `${name} is no column of the view, NOT NULL and without default`, change: dropNotNull(name) }))
}

const dropNotNull = (column: string): string => `ALTER COLUMN ${quoteName(column)} DROP NOT NULL`
