import { WindrowError } from '../core/errors.ts'
import type { SchemaRegistry } from '../log/schema-registry.ts'
import { rowForm, rowSchema, rowSubject } from '../views/row-schema.ts'
import type { View } from '../views/view.ts'

/**
 * Rejects with WR_ROW_NEWER where rows of the schema with this id have columns that came into the view after the version of this process: it would write
 * them without, and nobody would mend that, as it notes them as written. Columns that a later version has dropped are no matter.
 */
export async function refuseNewerRows(view: View, registry: SchemaRegistry, id: number, schema: string): Promise<void> {
  const own = new Set(view.columns.map(({ column }) => column))
  const unknown = columnsOf(schema).filter((column) => !own.has(column))
  if (unknown.length === 0) return
  const versions = await registry.versions(rowSubject(view))
  const form = rowForm(rowSchema(view))
  const ours = versions.findLast((each) => formOf(each.schema) === form)
  const theirs = versions.findLast((each) => each.id === id)
  if (ours === undefined || theirs === undefined || theirs.version <= ours.version) return
  throw new WindrowError('WR_ROW_NEWER', {
    message: `a newer version of windrow makes the rows of ${view.name}: it has ${unknown.join(', ')}, which this one knows nothing of`,
    remedy: 'Stop this process: one of the newer version writes the view. Or go back to this version with `windrow replay`.',
    facts: { view: view.name, columns: unknown },
    canRetry: true,
  })
}

function columnsOf(schema: string): string[] {
  const { fields } = JSON.parse(schema) as { readonly fields?: ReadonlyArray<{ readonly name: string }> }
  return (fields ?? []).map(({ name }) => name)
}

/** Null for what is no record: somebody else's, under our subject. */
function formOf(schema: string): string | null {
  try {
    return rowForm(schema)
  } catch {
    return null
  }
}
