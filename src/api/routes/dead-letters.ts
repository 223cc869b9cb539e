import type { FastifyInstance } from 'fastify'
import type { ApiPorts } from '../ports.ts'
import { requireToken } from '../security.ts'
import { deadLetterOnWire } from '../wire.ts'

interface ListParameters {
  readonly limit: number
  readonly after?: string
}

interface RetryBody {
  readonly ids?: readonly string[]
  readonly code?: string
}

export function deadLetterRoutes(
  app: FastifyInstance,
  ports: Pick<ApiPorts, 'deadLetters' | 'retryDeadLetters'>,
  token: string | null,
): void {
  app.get<{ Querystring: ListParameters }>(
    '/api/dead-letters',
    {
      schema: {
        tags: ['Dead letters'],
        summary: 'What could not be used, newest first: where it came from, why, and what to do.',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
            after: { type: 'string', description: 'Go on after the one with this id.' },
          },
        },
        response: { 200: { type: 'object', additionalProperties: true }, '4xx': { $ref: 'ErrorBody#' } },
      },
    },
    async (request) => {
      const { limit, after } = request.query
      const letters = await ports.deadLetters({ limit, after: after ?? null })
      return { dead_letters: letters.map(deadLetterOnWire), next: letters.length === limit ? (letters.at(-1)?.id ?? null) : null }
    },
  )
  app.post<{ Body: RetryBody | null }>(
    '/api/dead-letters/retry',
    {
      onRequest: requireToken(token),
      schema: {
        tags: ['Dead letters'],
        summary: 'Puts dead letters through the pipeline again: some by id, those of one code, or all.',
        security: [{ token: [] }],
        body: {
          type: 'object',
          nullable: true,
          additionalProperties: false,
          properties: {
            ids: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 10_000 },
            code: { type: 'string', pattern: '^[A-Z][A-Z0-9_]*$' },
          },
        },
        response: {
          200: {
            type: 'object',
            properties: { tried: { type: 'integer' }, accepted: { type: 'integer' }, refused: { type: 'integer' } },
          },
          '4xx': { $ref: 'ErrorBody#' },
        },
      },
    },
    (request) => ports.retryDeadLetters({ ids: request.body?.ids ?? null, code: request.body?.code ?? null }),
  )
}
