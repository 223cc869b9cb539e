import type { FastifyInstance } from 'fastify'
import { isTracing, recordSpan, type SpanRecord } from '../core/tracing.ts'
import type { Metrics } from './metrics.ts'

/** Lasts as long as somebody listens, which says nothing of how fast it answers. */
const STREAM = '/api/stream'
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Measures every request, and records it as a span where tracing is on, by the pattern of its route: what no route knows is `none`. */
export function observeRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    if (route === STREAM) return
    const method = METHODS.has(request.method) ? request.method : 'other'
    const { statusCode, elapsedTime } = reply
    metrics.observeRequest(method, route, statusCode, elapsedTime / 1000)
    if (isTracing()) recordSpan(requestSpan(method, route, statusCode, elapsedTime))
  })
}

/** Named as OpenTelemetry names requests to a server. */
function requestSpan(method: string, route: string, status: number, durationMs: number): SpanRecord {
  return {
    name: `${method} ${route}`,
    kind: 'server',
    startAt: Date.now() - durationMs,
    durationMs,
    attributes: { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status },
    error: status >= 500 ? new Error(String(status)) : null,
  }
}
