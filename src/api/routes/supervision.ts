import type { FastifyInstance } from 'fastify'
import { assessHealth } from '../health-status.ts'
import type { Metrics } from '../metrics.ts'
import type { ApiPorts } from '../ports.ts'

const shortAnswer = {
  type: 'object',
  properties: { status: { type: 'string' }, message: { type: 'string' } },
} as const

export interface ReadyWords {
  readonly ready: string
  readonly starting: string
}

/** What every process answers to supervisors (`/health…`) and to Prometheus (`/metrics`). */
export function supervisionRoutes(
  app: FastifyInstance,
  ports: Pick<ApiPorts, 'health' | 'ready'>,
  metrics: Metrics,
  words: ReadyWords,
): void {
  const tags = ['Health']
  app.get(
    '/health',
    {
      schema: {
        tags,
        summary: 'Is it well? 503 when something needs a person.',
        response: { 200: shortAnswer, 503: shortAnswer },
      },
    },
    async (_request, reply) => {
      const { status, headline } = assessHealth(await ports.health())
      return reply.code(status === 'problem' ? 503 : 200).send({ status, message: headline })
    },
  )
  app.get('/health/live', { schema: { tags, summary: 'The process answers.', response: { 200: shortAnswer } } }, async () => ({
    status: 'live',
    message: 'It answers.',
  }))
  app.get(
    '/health/ready',
    { schema: { tags, summary: words.ready, response: { 200: shortAnswer, 503: shortAnswer } } },
    async (_request, reply) => {
      if (await ports.ready()) return { status: 'ready', message: words.ready }
      return reply.code(503).header('retry-after', '2').send({ status: 'starting', message: words.starting })
    },
  )
  app.get(
    '/metrics',
    {
      schema: {
        tags,
        summary: 'Figures for Prometheus.',
        response: { 200: { description: 'Prometheus text format.', content: { 'text/plain': { schema: { type: 'string' } } } } },
      },
    },
    async (_request, reply) => {
      const text = await metrics.render(await ports.health())
      return reply.type(metrics.contentType).send(text)
    },
  )
}
