import type { FastifyInstance, FastifyReply } from 'fastify'
import { WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { View } from '../../views/view.ts'
import { parseCell } from '../cell-text.ts'
import type { ApiPorts } from '../ports.ts'
import { csvRows, jsonRows, primed } from '../row-stream.ts'
import { parseRowsQuery, type RowsParameters } from '../view-query.ts'
import { keyQuerySchema, rowsAnswerSchema, rowsQuerySchema } from '../view-schemas.ts'
import { viewOnWire, whyOnWire } from '../wire.ts'

type Ports = Pick<ApiPorts, 'views' | 'queryView' | 'why'>

/** The error for a view that nobody declared, naming those that are. */
export function unknownView(name: string, ports: Pick<ApiPorts, 'views'>): WindrowError {
  return new WindrowError('WR_VIEW_UNKNOWN', {
    message: `There is no view called ${JSON.stringify(name)}.`,
    remedy: `Use one of ${ports.views.map(({ view }) => view.name).join(', ')}.`,
    kind: 'usage',
    facts: { view: name },
  })
}

function fileName(view: View, parameters: RowsParameters): string {
  const parts = [view.name, parameters.station, parameters.from, parameters.to].filter((part) => part !== undefined)
  return `${parts.join('_').replace(/[^\w.-]+/g, '-')}.csv`
}

async function sendRows(
  ports: Ports,
  logger: Logger,
  view: View,
  parameters: RowsParameters,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const query = parseRowsQuery(view, parameters)
  const csv = parameters.format === 'csv'
  // JSON ends with where to go on, so it needs to see whether there is a row more.
  const limit = csv || query.limit === null ? query.limit : query.limit + 1
  const batches = await primed(ports.queryView({ ...query, limit }))
  const body = csv ? csvRows(view, batches) : jsonRows(query, parameters.shape ?? 'objects', batches)
  body.once('error', (error) => logger.error({ err: error, view: view.name }, 'The rows of a view broke off.'))
  if (!csv) return reply.type('application/json; charset=utf-8').send(body)
  reply.type('text/csv; charset=utf-8; header=present')
  return reply.header('content-disposition', `attachment; filename="${fileName(view, parameters)}"`).send(body)
}

function routesOfView(app: FastifyInstance, ports: Ports, logger: Logger, view: View): void {
  app.get<{ Querystring: RowsParameters }>(
    `/api/views/${view.name}`,
    {
      schema: {
        tags: ['Views'],
        summary: view.doc,
        description: 'Rows of the view, as JSON (a page at a time) or as CSV (streamed).',
        querystring: rowsQuerySchema(view),
        response: { 200: rowsAnswerSchema(view), '4xx': { $ref: 'ErrorBody#' } },
      },
    },
    (request, reply) => sendRows(ports, logger, view, request.query, reply),
  )
  app.get<{ Querystring: Readonly<Record<string, string>> }>(
    `/api/views/${view.name}/why`,
    {
      schema: {
        tags: ['Views'],
        summary: `Why a row of ${view.name} is what it is: its window, its readings and what became of each.`,
        querystring: keyQuerySchema(view),
        response: {
          200: { type: 'object', additionalProperties: true, description: 'The row and its readings.' },
          '4xx': { $ref: 'ErrorBody#' },
        },
      },
    },
    async (request) => {
      const key = view.key.map((column) => parseCell(column, request.query[column.column] ?? ''))
      return whyOnWire(view, key, await ports.why(view, key))
    },
  )
}

/** `/api/views`, and for every view its rows and `why`, described from its declaration. */
export function viewRoutes(app: FastifyInstance, ports: Ports, logger: Logger): void {
  app.get(
    '/api/views',
    {
      schema: {
        tags: ['Views'],
        summary: 'Every view with its columns, their units and what they mean.',
        response: {
          200: {
            type: 'object',
            properties: { views: { type: 'array', items: { type: 'object', additionalProperties: true } } },
          },
        },
      },
    },
    async () => ({ views: ports.views.map(viewOnWire) }),
  )
  for (const { view } of ports.views) routesOfView(app, ports, logger, view)
  const refuse = async (request: { readonly params: { readonly view: string } }): Promise<never> => {
    throw unknownView(request.params.view, ports)
  }
  app.get<{ Params: { readonly view: string } }>('/api/views/:view', { schema: { hide: true } }, refuse)
  app.get<{ Params: { readonly view: string } }>('/api/views/:view/why', { schema: { hide: true } }, refuse)
}
