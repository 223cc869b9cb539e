import { quoteName } from '../quote.ts'
import type { SqlCheck } from './sql-view.ts'

/** No two rows have the same values in these columns. */
export function unique(view: string, ...columns: readonly string[]): SqlCheck {
  const names = columns.map(quoteName).join(', ')
  return {
    name: `${columns.join(', ')} unique`,
    reads: [],
    failures: (table) => `SELECT ${names} FROM ${table(view)} GROUP BY ${names} HAVING count(*) > 1`,
  }
}

export function notNull(view: string, ...columns: readonly string[]): SqlCheck {
  return {
    name: `${columns.join(', ')} not null`,
    reads: [],
    failures: (table) =>
      `SELECT 1 FROM ${table(view)} WHERE ${columns.map((column) => `${quoteName(column)} IS NULL`).join(' OR ')}`,
  }
}

/** `condition` holds for each row; null holds too, as in a CHECK. */
export function accepted(view: string, name: string, condition: string): SqlCheck {
  return { name, reads: [], failures: (table) => `SELECT 1 FROM ${table(view)} WHERE NOT (${condition})` }
}

/** Each value of the key is one of the dimension's. */
export function references(view: string, key: string, dimension: string): SqlCheck {
  return {
    name: `${key} in ${dimension}`,
    reads: [dimension],
    failures: (table) => `SELECT ${quoteName(key)} FROM ${table(view)} EXCEPT SELECT ${quoteName(key)} FROM ${table(dimension)}`,
  }
}

/** As many rows as the table that it is made from: none was lost and none came twice. */
export function sameCount(view: string, source: string): SqlCheck {
  return {
    name: `as many rows as ${source}`,
    reads: [source],
    failures: (table) => `SELECT 1 WHERE (SELECT count(*) FROM ${table(view)}) <> (SELECT count(*) FROM ${table(source)})`,
  }
}
