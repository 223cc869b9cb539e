import { WindrowError } from '../../core/errors.ts'
import { canonicalSchema } from '../canonical-schema.ts'
import type { SchemaRegistry } from '../schema-registry.ts'
import { innermost } from './cluster-errors.ts'

interface Version {
  readonly version: number
  readonly id: number
  readonly schema: string
}

const ANSWER_MS = 10_000
const INCOMPATIBLE = 409
/** Answers of a registry that starts, is overloaded or is behind a proxy that does not reach it. */
const AWAY: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])
/** The registry's own codes for a subject, version or schema that it does not have. */
const UNKNOWN: ReadonlySet<unknown> = new Set([404, 40401, 40402, 40403])
const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json'

/**
 * A registry that speaks Confluent's REST protocol. Schemas never change, so that what was answered once is not asked again, and what
 * is known goes on while the registry is away.
 */
export function confluentRegistry(address: string): SchemaRegistry {
  const { base, authorization } = placeOf(address)
  const schemas = new Map<number, string>()
  const ids = new Map<string, number>()
  const versionsOf = new Map<string, readonly Version[]>()
  let subjectsKnown: readonly string[] | null = null

  const ask = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ status: number; answer: unknown }> => {
    const { status, text } = await answered(method, path, body)
    if (AWAY.has(status)) throw unreachable(base, new Error(`it answered ${status}`))
    try {
      return { status, answer: JSON.parse(text) as unknown }
    } catch (cause) {
      throw refused(base, `${method} ${path}`, status, text, cause)
    }
  }
  const answered = async (method: string, path: string, body: unknown): Promise<{ status: number; text: string }> => {
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: { accept: CONTENT_TYPE, 'content-type': CONTENT_TYPE, ...(authorization === null ? {} : { authorization }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_MS),
      })
      return { status: response.status, text: await response.text() }
    } catch (cause) {
      throw unreachable(base, cause)
    }
  }
  const get = async <T>(path: string): Promise<T | null> => {
    const { status, answer } = await ask('GET', path)
    // Something else that listens there knows no path either: only the registry's own word says that it has no such thing.
    if (status === 404 && isUnknown(answer)) return null
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

/** User and password go into a header: `fetch` takes no address that has them. */
function placeOf(address: string): { readonly base: string; readonly authorization: string | null } {
  const url = new URL(address)
  const { username, password } = url
  url.username = ''
  url.password = ''
  const base = url.href.replace(/\/$/, '')
  if (username === '' && password === '') return { base, authorization: null }
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { base, authorization: `Basic ${Buffer.from(user).toString('base64')}` }
}

function isUnknown(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && UNKNOWN.has((answer as { error_code?: unknown }).error_code)
}

function unreachable(where: string, cause: unknown): WindrowError {
  return new WindrowError('WR_REGISTRY_UNREACHABLE', {
    message: `The schema registry ${where} does not answer: ${innermost(cause)}`,
    remedy: 'Look whether it runs and is reached from here (SCHEMA_REGISTRY_URL). What is known of schemas goes on being used.',
    facts: { registry: where },
    cause,
    canRetry: true,
  })
}

function refused(where: string, request: string, status: number, answer: unknown, cause?: unknown): WindrowError {
  const said = typeof answer === 'string' ? answer : JSON.stringify(answer)
  return new WindrowError('WR_REGISTRY_REFUSED', {
    message: `The schema registry ${where} answered ${status} to ${request}: ${said.slice(0, 300)}`,
    remedy: 'Look at SCHEMA_REGISTRY_URL (with user and password where it wants them) and at what that user may do.',
    facts: { registry: where, request, status },
    ...(cause === undefined ? {} : { cause }),
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
