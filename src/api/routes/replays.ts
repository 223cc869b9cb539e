import type { FastifyInstance } from 'fastify'
import { parameterError } from '../api-error.ts'
import { isDay, isMonth, parseInstantLoosely } from '../cell-text.ts'
import type { ApiPorts } from '../ports.ts'
import { requireToken } from '../security.ts'
import { replayOnWire } from '../wire.ts'

interface StartBody {
  readonly views: readonly string[]
  readonly rollback?: boolean
  readonly from?: string | null
}

const replaySchema = {
  type: 'object',
  properties: {
    id: { type: 'string', description: 'The same for all views that are built in one read of the log.' },
    view: { type: 'string' },
    state: {
      type: 'string',
      enum: ['building', 'handover', 'done', 'failed'],
      description:
        '`building`: rows are written beside the current ones. `handover`: all but the newest are there. `done`: they became current. `failed`: the old ones still are.',
    },
    stale: {
      type: 'boolean',
      description:
        'Neither done nor failed, and silent for 30 s: its process has ended. A replay of the same views goes on with it.',
    },
    generation: { type: 'integer', description: 'What is built.' },
    from: {
      type: 'string',
      format: 'date-time',
      nullable: true,
      description: 'The rows from this instant on are built anew; null: all.',
    },
    rollback: { type: 'boolean', description: 'It goes back to the generation before.' },
    read: { type: 'integer', description: 'Records read so far.' },
    to_read: { type: 'integer', description: 'Records to read.' },
    started_at: { type: 'string', format: 'date-time' },
    updated_at: { type: 'string', format: 'date-time' },
    host: { type: 'string', description: 'Of the process that replays.' },
    pid: { type: 'integer', description: 'Of the process that replays.' },
    error: { type: 'string', nullable: true, description: 'Why it failed.' },
    error_code: { type: 'string', nullable: true, description: 'The code of that error, where it has one.' },
    remedy: { type: 'string', nullable: true, description: 'What to do about it.' },
  },
} as const

const startedSchema = {
  type: 'object',
  description: 'It has begun; `GET /api/replays` tells how it stands.',
  properties: {
    id: { type: 'string' },
    resumed: { type: 'boolean', description: 'It goes on with one that was cut short.' },
    views: {
      type: 'array',
      items: { type: 'object', properties: { view: { type: 'string' }, generation: { type: 'integer' } } },
    },
  },
} as const

/** A day or a month begins at 00:00 UTC. */
function startOf(text: string): number {
  const day = isMonth(text) ? `${text}-01` : text
  const instant = isDay(day) ? Date.parse(`${day}T00:00:00Z`) : parseInstantLoosely(text)
  if (instant !== null) return instant
  throw parameterError(
    `from=${JSON.stringify(text)} is neither a day, a month nor an instant.`,
    'Give a day (2025-01-01), a month (2025-01) or an instant with its offset (2025-01-01T00:00:00Z).',
  )
}

export function replayRoutes(app: FastifyInstance, ports: Pick<ApiPorts, 'replays' | 'startReplay'>, token: string | null): void {
  const tags = ['Replays']
  app.get(
    '/api/replays',
    {
      schema: {
        tags,
        summary: 'How the last replay of each view stands.',
        response: {
          200: { type: 'object', properties: { replays: { type: 'array', items: replaySchema } } },
          '4xx': { $ref: 'ErrorBody#' },
        },
      },
    },
    async () => ({ replays: (await ports.replays()).map(replayOnWire) }),
  )
  app.post<{ Body: StartBody }>(
    '/api/replays',
    {
      onRequest: requireToken(token),
      schema: {
        tags,
        summary: 'Builds views anew from the log beside those that serve, in this process, and lets them become current.',
        description:
          'Answers when the replay has begun. One at a time: 409 while another is at work, here or in another process. It ends with this process, and the next one of the same views goes on with it.',
        security: [{ token: [] }],
        body: {
          type: 'object',
          additionalProperties: false,
          required: ['views'],
          properties: {
            views: { type: 'array', items: { type: 'string' }, maxItems: 1000, description: 'Names of views; none: all views.' },
            from: {
              type: 'string',
              nullable: true,
              description: 'Rows of windows that end before it are taken over as they are: a day, a month or an instant.',
            },
            rollback: { type: 'boolean', default: false, description: 'Back to the generations before, brought up to date.' },
          },
        },
        response: { 202: startedSchema, '4xx': { $ref: 'ErrorBody#' } },
      },
    },
    async (request, reply) => {
      const { views, rollback = false, from = null } = request.body
      if (rollback && from !== null)
        throw parameterError(
          'A rollback brings all rows of the generation before up to date: it has no "from".',
          'Leave out one of the two.',
        )
      return reply.code(202).send(await ports.startReplay({ views, rollback, from: from === null ? null : startOf(from) }))
    },
  )
}
