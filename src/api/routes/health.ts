import type { FastifyInstance } from 'fastify'
import { assessHealth } from '../health-status.ts'
import type { Metrics } from '../metrics.ts'
import type { ApiPorts } from '../ports.ts'
import { healthOnWire } from '../wire.ts'

const shortAnswer = {
  type: 'object',
  properties: { status: { type: 'string' }, message: { type: 'string' } },
} as const

/** The state of the pipeline for people (`/api/health`), supervisors (`/health…`) and Prometheus (`/metrics`). */
export function healthRoutes(app: FastifyInstance, ports: Pick<ApiPorts, 'health'>, metrics: Metrics): void {
  const tags = ['Health']
  app.get(
    '/api/health',
    {
      schema: {
        tags,
        summary: 'Every topic, task, sink and source: state, lag, freshness, and the ledger.',
        response: { 200: { type: 'object', additionalProperties: true } },
      },
    },
    async () => healthOnWire(await ports.health()),
  )
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
    { schema: { tags, summary: 'The views can be read.', response: { 200: shortAnswer, 503: shortAnswer } } },
    async (_request, reply) => {
      const { ready } = await ports.health()
      if (ready) return { status: 'ready', message: 'The views can be read.' }
      return reply.code(503).header('retry-after', '2').send({ status: 'starting', message: 'The views cannot be read yet.' })
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
