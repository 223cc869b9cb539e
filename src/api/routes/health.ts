import type { FastifyInstance } from 'fastify'
import type { ApiPorts } from '../ports.ts'
import { healthOnWire } from '../wire.ts'

/** The state of the pipeline for people. */
export function healthRoute(app: FastifyInstance, ports: Pick<ApiPorts, 'health'>): void {
  app.get(
    '/api/health',
    {
      schema: {
        tags: ['Health'],
        summary: 'Every topic, task, sink and source: state, lag, freshness, and the ledger.',
        response: { 200: { type: 'object', additionalProperties: true } },
      },
    },
    async () => healthOnWire(await ports.health()),
  )
}
