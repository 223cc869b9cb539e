import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { eventFrames, parsePositions } from '../event-frames.ts'
import type { ApiPorts } from '../ports.ts'
import { unknownView } from './views.ts'

export interface StreamOptions {
  /** A heartbeat is sent after so long without an event. */
  readonly heartbeatMs: number
  /** A client that takes nothing for so long is dropped; it connects again and goes on where it was. */
  readonly stallMs: number
  /** Clients at the same time. */
  readonly maxStreams: number
  readonly logger: Logger
}

interface StreamParameters {
  readonly view: readonly string[]
  readonly station?: readonly string[]
}

/** Passes frames on; `stalled()` tells for how long the last one has been waiting for the client. */
function watched(frames: AsyncIterable<string>): { readonly frames: AsyncGenerator<string>; readonly stalledMs: () => number } {
  let handedOverAt: number | null = null
  async function* pass(): AsyncGenerator<string> {
    for await (const frame of frames) {
      handedOverAt = performance.now()
      yield frame
      handedOverAt = null
    }
  }
  return { frames: pass(), stalledMs: () => (handedOverAt === null ? 0 : performance.now() - handedOverAt) }
}

function tooManyStreams(maxStreams: number): WindrowError {
  return new WindrowError('WR_API_STREAMS', {
    message: `${maxStreams} clients follow the views already.`,
    remedy: 'Close pages that nobody looks at, or try again in a while.',
    kind: 'usage',
    canRetry: true,
  })
}

/**
 * `/api/stream`. The views are read on when the client has taken what came before, so a slow client waits and fills no memory: at
 * most one batch a view and 64 KiB of text are held for it.
 */
export function streamRoute(app: FastifyInstance, ports: Pick<ApiPorts, 'views' | 'streamView'>, options: StreamOptions): void {
  const open = new Set<AbortController>()
  app.addHook('preClose', async () => {
    for (const controller of open) controller.abort()
  })
  app.get<{ Querystring: StreamParameters }>(
    '/api/stream',
    {
      schema: {
        tags: ['Views'],
        summary: 'Changes of views as they happen (server-sent events).',
        description:
          'Events: `rows` {view, rows: [{key, row}]}, row null where it is gone; `reset` {view}: read the view again; `heartbeat`. ' +
          'Send Last-Event-ID (a browser does) to go on where you were.',
        querystring: {
          type: 'object',
          additionalProperties: false,
          required: ['view'],
          properties: {
            view: {
              type: 'array',
              items: { type: 'string' },
              minItems: 1,
              maxItems: 20,
              description: 'Repeat it for several views.',
            },
            station: {
              type: 'array',
              items: { type: 'string' },
              minItems: 1,
              maxItems: 20,
              description: 'Only rows of this station or zone. Repeat it for several.',
            },
          },
        },
        response: {
          200: { description: 'Events, for ever.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
          '4xx': { $ref: 'ErrorBody#' },
        },
      },
    },
    (request, reply) => {
      const views = [...new Set(request.query.view)].map((name) => {
        const found = ports.views.find(({ view }) => view.name === name)
        if (found === undefined) throw unknownView(name, ports)
        return found.view
      })
      if (open.size >= options.maxStreams) throw tooManyStreams(options.maxStreams)
      const controller = new AbortController()
      const positions = parsePositions([request.headers['last-event-id']].flat()[0])
      const stations = request.query.station === undefined ? null : new Set(request.query.station)
      const { frames, stalledMs } = watched(
        eventFrames(ports, { views, stations, positions, heartbeatMs: options.heartbeatMs, signal: controller.signal }),
      )
      const body = Readable.from(frames, { objectMode: false, highWaterMark: 65_536 })
      const watchdog = setInterval(
        () => {
          if (stalledMs() > options.stallMs) reply.raw.destroy()
        },
        Math.max(10, options.stallMs / 4),
      )
      watchdog.unref()
      open.add(controller)
      reply.raw.once('close', () => {
        clearInterval(watchdog)
        open.delete(controller)
        controller.abort()
      })
      body.once('error', (error) => options.logger.warn({ err: error }, 'A stream of views broke off.'))
      return reply
        .headers({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
        .send(body)
    },
  )
}
