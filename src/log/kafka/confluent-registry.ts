import { messageOf, WindrowError } from '../../core/errors.ts'
import { canonicalSchema } from '../canonical-schema.ts'
import type { SchemaRegistry } from '../schema-registry.ts'

interface Version {
  readonly version: number
  readonly id: number
  readonly schema: string
}

const ANSWER_MS = 10_000
const INCOMPATIBLE = 409
const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json'

/**
 * A registry that speaks Confluent's REST protocol. Schemas never change, so that what was answered once is not asked again, and what
 * is known goes on while the registry is away.
 */
export function confluentRegistry(address: string): SchemaRegistry {
  const url = new URL(address)
  const authorization =
    url.username === ''
      ? null
      : `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`
  url.username = ''
  url.password = ''
  const base = url.href.replace(/\/$/, '')
  const schemas = new Map<number, string>()
  const ids = new Map<string, number>()
  const versionsOf = new Map<string, readonly Version[]>()
  let subjectsKnown: readonly string[] | null = null

  const ask = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ status: number; answer: unknown }> => {
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: { accept: CONTENT_TYPE, 'content-type': CONTENT_TYPE, ...(authorization === null ? {} : { authorization }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_MS),
      })
      const answer: unknown = await response.json()
      if (response.status < 500 || response.status > 504) return { status: response.status, answer }
      throw new Error(`it answered ${response.status}`)
    } catch (cause) {
      throw unreachable(base, cause)
    }
  }
  const get = async <T>(path: string): Promise<T | null> => {
    const { status, answer } = await ask('GET', path)
    if (status === 404) return null
    if (status >= 400) throw refused(base, `GET ${path}`, status, answer)
    return answer as T
  }
  /** What was answered last, while the registry is away. */
  const orKnown = async <T>(asked: Promise<T>, knownAnswer: T | null | undefined): Promise<T> => {
    try {
      return await asked
    } catch (error) {
      if (knownAnswer === null || knownAnswer === undefined) throw error
      return knownAnswer
    }
  }
  const readVersions = async (subject: string): Promise<readonly Version[]> => {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`
    const known = new Map((versionsOf.get(subject) ?? []).map((one) => [one.version, one]))
    const found: Version[] = []
    for (const version of (await get<number[]>(path)) ?? []) {
      const one = known.get(version) ?? (await get<Version>(`${path}/${version}`))
      if (one !== null) found.push({ version: one.version, id: one.id, schema: one.schema })
    }
    for (const { id, schema } of found) schemas.set(id, schema)
    versionsOf.set(subject, found)
    return found
  }

  return {
    async register(subject, schema) {
      const name = `${subject}\0${canonicalSchema(schema)}`
      const known = ids.get(name)
      if (known !== undefined) return known
      // A registry may take a text that says the same in other words for another version.
      const same = (await readVersions(subject)).find((one) => canonicalSchema(one.schema) === canonicalSchema(schema))
      if (same !== undefined) {
        ids.set(name, same.id)
        return same.id
      }
      const path = `/subjects/${encodeURIComponent(subject)}/versions`
      const { status, answer } = await ask('POST', path, { schema })
      if (status === INCOMPATIBLE) throw incompatible(subject, answer)
      if (status >= 400) throw refused(base, `POST ${path}`, status, answer)
      const { id } = answer as { id: number }
      ids.set(name, id)
      schemas.set(id, schema)
      return id
    },
    async schemaById(id) {
      const known = schemas.get(id)
      if (known !== undefined) return known
      const found = await get<{ schema: string }>(`/schemas/ids/${id}`)
      if (found !== null) schemas.set(id, found.schema)
      return found?.schema ?? null
    },
    versions: (subject) => orKnown(readVersions(subject), versionsOf.get(subject)),
    async subjects() {
      const found = await orKnown(
        get<string[]>('/subjects').then((answer): readonly string[] => answer ?? []),
        subjectsKnown,
      )
      subjectsKnown = found
      return found
    },
  }
}

function unreachable(where: string, cause: unknown): WindrowError {
  return new WindrowError('WR_REGISTRY_UNREACHABLE', {
    message: `The schema registry ${where} does not answer: ${messageOf(cause)}`,
    remedy: 'Look whether it runs and is reached from here (SCHEMA_REGISTRY_URL). What is known of schemas goes on being used.',
    facts: { registry: where },
    cause,
    canRetry: true,
  })
}

function refused(where: string, request: string, status: number, answer: unknown): WindrowError {
  return new WindrowError('WR_REGISTRY_REFUSED', {
    message: `The schema registry ${where} answered ${status} to ${request}: ${JSON.stringify(answer).slice(0, 300)}`,
    remedy: 'Look at SCHEMA_REGISTRY_URL (with user and password where it wants them) and at what that user may do.',
    facts: { registry: where, request, status },
  })
}

function incompatible(subject: string, answer: unknown): WindrowError {
  return new WindrowError('WR_SCHEMA_INCOMPATIBLE', {
    message: `The schema registry does not take the new schema of ${subject}: ${JSON.stringify(answer).slice(0, 300)}`,
    remedy: 'Readers could not read old records with it. Give new fields a default, and do not change or remove others.',
    facts: { subject },
    kind: 'usage',
  })
}
