import { createHash } from 'node:crypto'
import { afterPrefix } from '../../kv/bytes.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import { canonicalSchema } from '../canonical-schema.ts'
import type { SchemaRegistry } from '../schema-registry.ts'
import { registryKey } from './log-keys.ts'

const text = new TextEncoder()
const decoder = new TextDecoder()

interface SubjectVersion {
  readonly version: number
  readonly id: number
}

/** Schemas in the store. Ids and versions count from 1 without gaps, whichever process registers. */
export function embeddedRegistry(kv: KeyValueStore): SchemaRegistry {
  const byId = new Map<number, string>()
  const idKey = (id: number): Uint8Array => registryKey('id', String(id))
  const hashKey = (canonical: string): Uint8Array => registryKey('hash', createHash('sha256').update(canonical).digest('hex'))
  const subjectKey = (subject: string): Uint8Array => registryKey('subject', subject)
  const lastIdKey = registryKey('last', 'id')

  const readText = (key: Uint8Array): string | null => {
    const value = kv.get(key)
    return value === undefined ? null : decoder.decode(value)
  }
  const schemaOf = (id: number): string | null => {
    const known = byId.get(id)
    if (known !== undefined) return known
    const schema = readText(idKey(id))
    if (schema !== null) byId.set(id, schema)
    return schema
  }
  const versionsOf = (subject: string): { raw: Uint8Array | null; versions: SubjectVersion[] } => {
    const raw = kv.get(subjectKey(subject)) ?? null
    return { raw, versions: raw === null ? [] : (JSON.parse(decoder.decode(raw)) as SubjectVersion[]) }
  }

  return {
    async register(subject, schema) {
      const canonical = canonicalSchema(schema)
      for (;;) {
        const { raw, versions } = versionsOf(subject)
        const known = readText(hashKey(canonical))
        const used = versions.find(({ id }) => String(id) === known)
        if (used !== undefined) return used.id
        const lastRaw = kv.get(lastIdKey) ?? null
        const last = lastRaw === null ? 0 : Number(decoder.decode(lastRaw))
        const id = known === null ? last + 1 : Number(known)
        const changes = [
          { key: subjectKey(subject), value: text.encode(JSON.stringify([...versions, { version: versions.length + 1, id }])) },
        ]
        const conditions = [{ key: subjectKey(subject), expected: raw }]
        if (known === null) {
          changes.push(
            { key: lastIdKey, value: text.encode(String(id)) },
            { key: hashKey(canonical), value: text.encode(String(id)) },
            { key: idKey(id), value: text.encode(schema) },
          )
          conditions.push({ key: lastIdKey, expected: lastRaw }, { key: hashKey(canonical), expected: null })
        }
        if (await kv.batch(changes, conditions)) return id
      }
    },
    async schemaById(id) {
      return schemaOf(id)
    },
    async versions(subject) {
      return versionsOf(subject).versions.map(({ version, id }) => ({ version, id, schema: schemaOf(id) ?? '' }))
    },
    async subjects() {
      const prefix = registryKey('subject', '')
      const keys = kv.keys({ start: prefix, end: afterPrefix(prefix) })
      return keys.map((key) => decoder.decode(key.subarray(prefix.byteLength)))
    },
  }
}
