import Fastify, { type FastifyInstance } from 'fastify'
import type { Logger } from '../core/logger.ts'
import { answerErrors } from './api-error.ts'
import { closeGracefully } from './graceful-close.ts'
import type { Metrics } from './metrics.ts'
import { observeRequests } from './observe-requests.ts'
import type { ApiPorts } from './ports.ts'
import { type ReadyWords, supervisionRoutes } from './routes/supervision.ts'
import { addSecurityHeaders, checkHostHeader, isLoopback } from './security.ts'

export interface ProcessServerOptions {
  /** The address that it will be bound to: decides whether the Host header is checked. */
  readonly host: string
  readonly metrics: Metrics
  readonly words: ReadyWords
  /** Is told of every request that failed inside windrow, with the cause. */
  readonly logger: Logger
}

const CLOSE_GRACE_MS = 1_000

/** `/metrics`, `/health`, `/health/live` and `/health/ready` of a process without page and API, not listening yet (see `listen`). */
export function createProcessServer(
  ports: Pick<ApiPorts, 'health' | 'ready'>,
  { host, metrics, words, logger }: ProcessServerOptions,
): FastifyInstance {
  const app: FastifyInstance = Fastify({ bodyLimit: 1024 })
  addSecurityHeaders(app)
  if (isLoopback(host)) checkHostHeader(app)
  answerErrors(app, logger)
  closeGracefully(app, CLOSE_GRACE_MS)
  observeRequests(app, metrics)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
  supervisionRoutes(app, ports, metrics, words)
  return app
}
