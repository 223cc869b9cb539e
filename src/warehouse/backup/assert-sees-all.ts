import { WindrowError } from '../../core/errors.ts'
import { quoteName } from '../../sinks/postgres/quote.ts'
import { GROUPS } from '../roles.ts'
import type { LargeObject, Relation } from './survey.ts'

/**
 * Throws WR_BACKUP_PARTIAL where the login may not read something, or where policies show it some rows alone: such a dump would be whole to the
 * eye, and of no use. Policies show all where one without a condition (`USING (true)`) lets the login read, and none restricts it.
 */
export function assertSeesAll(login: string, relations: readonly Relation[], largeObjects: readonly LargeObject[]): void {
  const closed = relations.filter(({ isReadable }) => !isReadable)
  const partial = relations.filter(({ isReadable, isWhole }) => isReadable && !isWhole)
  if (closed.length === 0 && partial.length === 0 && largeObjects.length === 0) return
  const lacks = [
    ...(closed.length === 0 ? [] : [`may not read ${shortList(closed.map(shown))}`]),
    ...(partial.length === 0 ? [] : [`sees only the rows that policies show it of ${shortList(partial.map(shown))}`]),
    ...(largeObjects.length === 0
      ? []
      : [`may not read the large objects ${shortList(largeObjects.map(({ oid, owner }) => `${oid} of ${owner}`))}`]),
  ]
  throw new WindrowError('WR_BACKUP_PARTIAL', {
    message: `a backup by ${login} would lack something: it ${lacks.join(', and ')}`,
    remedy: `Let POSTGRES_BACKUP_URL log in as user_backup (\`windrow access setup\` makes it and shows it every row of windrow's tables) or as a superuser.${grants(closed)}${grantsOfLarge(largeObjects)}`,
    facts: { login, closed: closed.map(nameOf), partial: partial.map(nameOf), largeObjects },
    kind: 'usage',
  })
}

/** What is nobody's but a user's own, `access setup` gives to nobody. */
function grants(closed: readonly Relation[]): string {
  const [first] = closed
  if (first === undefined) return ''
  const kind = first.kind === 'S' ? 'SEQUENCE ' : ''
  return ` Of tables of your own: GRANT USAGE ON SCHEMA ${quoteName(first.schema)} TO ${GROUPS.backup}; GRANT SELECT ON ${kind}${nameOf(first)} TO ${GROUPS.backup}.`
}

const nameOf = ({ schema, name }: Relation): string => `${quoteName(schema)}.${quoteName(name)}`

/** Who owned one may have made it by accident, or to have backups fail. */
function grantsOfLarge([first]: readonly LargeObject[]): string {
  if (first === undefined) return ''
  const { oid } = first
  return ` Of large objects: GRANT SELECT ON LARGE OBJECT ${oid} TO ${GROUPS.backup}; or, where nobody needs it, SELECT lo_unlink(${oid}).`
}

const shown = ({ schema, name }: Relation): string => `${schema}.${name}`

function shortList(names: readonly string[]): string {
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}
