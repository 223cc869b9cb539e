import Fastify, { type FastifyInstance } from 'fastify'
import type { Logger } from '../core/logger.ts'
import { answerErrors, errorSchema } from './api-error.ts'
import { closeGracefully } from './graceful-close.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { observeRequests } from './observe-requests.ts'
import { describeRoutes, documentRoutes } from './openapi.ts'
import type { ApiPorts } from './ports.ts'
import { deadLetterRoutes } from './routes/dead-letters.ts'
import { healthRoute } from './routes/health.ts'
import { pageRoutes } from './routes/page.ts'
import { registryRoutes } from './routes/registry.ts'
import { replayRoutes } from './routes/replays.ts'
import { stationsRoute } from './routes/stations.ts'
import { type StreamOptions, streamRoute } from './routes/stream.ts'
import { supervisionRoutes } from './routes/supervision.ts'
import { viewRoutes } from './routes/views.ts'
import { addSecurityHeaders, checkHostHeader, isLoopback, refuseZeroBytes } from './security.ts'

export interface ServerOptions extends Partial<Omit<StreamOptions, 'logger'>> {
  /** The address that it will be bound to: decides whether the Host header is checked. */
  readonly host: string
  /** WINDROW_API_TOKEN; null refuses whatever changes something. */
  readonly token: string | null
  readonly version: string
  /** The process's metrics, where other parts observe into them; else its own. */
  readonly metrics?: Metrics
  /** Is told of every request that failed inside windrow, with the cause. */
  readonly logger: Logger
  /** How long a request under way may take to end when the server closes. Default 3 s. */
  readonly closeGraceMs?: number
}

const READY_WORDS = { ready: 'The views can be read.', starting: 'The views cannot be read yet.' }

/** Answers of the API change at any time; the page's files say for themselves how they may be kept. */
function forbidCaching(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
}

/**
 * The HTTP API, the page, the metrics and the read-only schema registry, not listening yet (see `listen`). Closing it ends streams at
 * once and lets other requests finish.
 */
export function createServer(ports: ApiPorts, options: ServerOptions): FastifyInstance {
  const { logger } = options
  const app: FastifyInstance = Fastify({
    bodyLimit: 1024 * 1024,
    routerOptions: { maxParamLength: 1000 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array', allErrors: false } },
  })
  const streams: StreamOptions = {
    heartbeatMs: options.heartbeatMs ?? 15_000,
    stallMs: options.stallMs ?? 30_000,
    maxStreams: options.maxStreams ?? 100,
    logger,
  }
  const metrics = options.metrics ?? createMetrics()
  addSecurityHeaders(app)
  refuseZeroBytes(app)
  if (isLoopback(options.host)) checkHostHeader(app)
  answerErrors(app, logger)
  closeGracefully(app, options.closeGraceMs ?? 3000)
  observeRequests(app, metrics)
  // Response schemas are documentation: an answer leaves as it is, without losing what a schema forgot.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.addSchema(errorSchema)
  app.register(async (documented) => {
    await describeRoutes(documented, options.version)
    documented.register(async (api) => {
      forbidCaching(api)
      viewRoutes(api, ports, logger)
      stationsRoute(api, ports)
      streamRoute(api, ports, streams)
      healthRoute(api, ports)
      supervisionRoutes(api, ports, metrics, READY_WORDS)
      deadLetterRoutes(api, ports, options.token)
      replayRoutes(api, ports, options.token)
      await api.register((registry) => registryRoutes(registry, ports.schemaRegistry, logger))
    })
    await documentRoutes(documented)
  })
  app.register(pageRoutes)
  return app
}
