import type { SchemaLookup } from './reading-decoder.ts'

/** What the cache needs of a schema registry. */
export interface SchemaSource {
  schemaById(id: number): Promise<string | null>
}

export interface SchemaCache extends SchemaLookup {
  /** Asks the registry for the ids; rejects as the registry does. An id that it does not know is asked for again the next time. */
  load(ids: readonly number[]): Promise<void>
}

/** Schemas of a registry for decoders, which cannot wait. A registered schema never changes, so it is asked for once. */
export function schemaCache(registry: SchemaSource): SchemaCache {
  const schemas = new Map<number, string | null>()
  return {
    lookup: (id) => schemas.get(id),
    async load(ids) {
      await Promise.all(ids.map(async (id) => schemas.set(id, await registry.schemaById(id))))
    },
  }
}
