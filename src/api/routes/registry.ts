import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { SchemaRegistryReader } from '../ports.ts'

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json'

/** The registry's own kind of error, as its clients expect it. */
class RegistryError extends Error {
  readonly status: number
  readonly errorCode: number

  constructor(status: number, errorCode: number, message: string) {
    super(message)
    this.name = 'RegistryError'
    this.status = status
    this.errorCode = errorCode
  }
}

interface Version {
  readonly version: number
  readonly id: number
  readonly schema: string
}

async function versionsOf(registry: SchemaRegistryReader, subject: string): Promise<readonly Version[]> {
  const versions = await registry.versions(subject)
  if (versions.length === 0) throw new RegistryError(404, 40401, `Subject '${subject}' not found.`)
  return versions
}

async function versionOf(registry: SchemaRegistryReader, subject: string, text: string): Promise<Version> {
  const versions = await versionsOf(registry, subject)
  if (text === 'latest' || text === '-1') return versions.at(-1)!
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new RegistryError(
      422,
      42202,
      `The specified version '${text}' is not a valid version id: a number from 1, or 'latest'.`,
    )
  const found = versions.find(({ version }) => version === Number(text))
  if (found === undefined) throw new RegistryError(404, 40402, `Version ${text} not found.`)
  return found
}

async function schemaOf(registry: SchemaRegistryReader, text: string): Promise<string> {
  const schema = /^\d{1,10}$/.test(text) ? await registry.schemaById(Number(text)) : null
  if (schema === null) throw new RegistryError(404, 40403, `Schema ${text} not found.`)
  return schema
}

function answerRegistryError(logger: Logger, error: FastifyError | RegistryError, reply: FastifyReply): void {
  const known = error instanceof RegistryError
  if (!known) logger.error({ err: error }, 'The schema registry failed.')
  const status = known ? error.status : 500
  reply
    .code(status)
    .type(CONTENT_TYPE)
    .send({ error_code: known ? error.errorCode : 50001, message: messageOf(error) })
}

/** The part of Confluent's schema registry API that readers of records use. Registering is left to windrow itself. */
export async function registryRoutes(app: FastifyInstance, registry: SchemaRegistryReader, logger: Logger): Promise<void> {
  const schema = { tags: ['Schema registry'] }
  app.setErrorHandler<FastifyError | RegistryError>((error, _request, reply) => answerRegistryError(logger, error, reply))
  app.addHook('onSend', async (_request, reply) => {
    reply.type(CONTENT_TYPE)
  })
  const get = <P>(path: string, summary: string, answer: (params: P) => Promise<unknown>): void => {
    app.get(path, { schema: { ...schema, summary } }, async (request, reply) => reply.send(await answer(request.params as P)))
  }
  get('/subjects', 'All subjects.', () => registry.subjects())
  get<{ subject: string }>('/subjects/:subject/versions', 'The versions of a subject.', async ({ subject }) =>
    (await versionsOf(registry, subject)).map(({ version }) => version),
  )
  get<{ subject: string; version: string }>(
    '/subjects/:subject/versions/:version',
    'A version of a subject: a number or `latest`.',
    async (params) => {
      const { version, id, schema } = await versionOf(registry, params.subject, params.version)
      return { subject: params.subject, version, id, schema }
    },
  )
  get<{ subject: string; version: string }>('/subjects/:subject/versions/:version/schema', 'The schema alone.', async (params) =>
    JSON.parse((await versionOf(registry, params.subject, params.version)).schema),
  )
  get<{ id: string }>('/schemas/ids/:id', 'The schema with the id that a record begins with.', async ({ id }) => ({
    schema: await schemaOf(registry, id),
  }))
  get<{ id: string }>('/schemas/ids/:id/schema', 'The schema alone.', async ({ id }) => JSON.parse(await schemaOf(registry, id)))
  get('/schemas/types', 'The kinds of schema.', async () => ['AVRO'])
  app.post('/subjects/:subject/versions', { schema: { hide: true } }, async () => {
    throw new RegistryError(403, 40301, 'This registry is read only: windrow registers its own schemas at start.')
  })
}
