import { canonicalSchema } from '../log/canonical-schema.ts'
import type { SchemaRegistry } from '../log/schema-registry.ts'

/** A schema registry in memory. */
export function memoryRegistry(): SchemaRegistry {
  const schemas: string[] = []
  const ids = new Map<string, number>()
  const subjects = new Map<string, number[]>()
  return {
    async register(subject, schema) {
      const canonical = canonicalSchema(schema)
      const id = ids.get(canonical) ?? schemas.push(schema)
      ids.set(canonical, id)
      const versions = subjects.get(subject) ?? []
      if (!versions.includes(id)) versions.push(id)
      subjects.set(subject, versions)
      return id
    },
    async schemaById(id) {
      return schemas[id - 1] ?? null
    },
    async versions(subject) {
      return (subjects.get(subject) ?? []).map((id, i) => ({ version: i + 1, id, schema: schemas[id - 1] as string }))
    },
    async subjects() {
      return [...subjects.keys()].sort()
    },
  }
}
