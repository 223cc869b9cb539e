import type { FastifyInstance } from 'fastify'
import type { Metrics } from './metrics.ts'

/** Lasts as long as somebody listens, which says nothing of how fast it answers. */
const STREAM = '/api/stream'
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Measures every request, by the pattern of its route: what no route knows is `none`. */
export function observeRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    if (route === STREAM) return
    const method = METHODS.has(request.method) ? request.method : 'other'
    metrics.observeRequest(method, route, reply.statusCode, reply.elapsedTime / 1000)
  })
}
