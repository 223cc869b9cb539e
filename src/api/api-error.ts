import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isWindrowError, WindrowError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'

/** The body of every answer that is not a success, outside the schema registry. */
export interface ErrorBody {
  readonly code: string
  readonly message: string
  readonly remedy: string
}

/** For OpenAPI documents: `$ref` it as `ErrorBody#`. */
export const errorSchema = {
  $id: 'ErrorBody',
  type: 'object',
  description: 'What went wrong, and what to do about it.',
  required: ['code', 'message', 'remedy'],
  properties: {
    code: { type: 'string', description: 'A stable code, explained in docs/errors.md.', examples: ['WR_API_PARAMETER'] },
    message: { type: 'string' },
    remedy: { type: 'string' },
  },
} as const

/** The status of codes that are not plainly "wrong use" (400), "try again" (503) or "failed" (500). */
const statusByCode: Readonly<Record<string, number>> = {
  WR_API_NOT_FOUND: 404,
  WR_VIEW_UNKNOWN: 404,
  WR_API_HOST: 403,
  WR_API_TOKEN_UNSET: 403,
  WR_API_TOKEN_WRONG: 401,
  WR_API_STREAMS: 503,
  WR_REPLAY_RUNNING: 409,
}

function statusOf(error: WindrowError): number {
  const known = statusByCode[error.code]
  if (known !== undefined) return known
  if (error.kind === 'usage') return 400
  return error.canRetry ? 503 : 500
}

/** A parameter that the client has to change. */
export function parameterError(message: string, remedy: string, facts: Readonly<Record<string, unknown>> = {}): WindrowError {
  return new WindrowError('WR_API_PARAMETER', { message, remedy, kind: 'usage', facts })
}

/** Which parameter, and what is wrong with it, from the first fault that the JSON Schema found. */
function validationError(error: FastifyError): WindrowError {
  const where = error.validationContext === 'params' ? 'path' : (error.validationContext ?? 'request')
  const first = error.validation?.[0]
  const unknown = first?.keyword === 'additionalProperties' ? String(first.params.additionalProperty) : null
  if (unknown !== null) {
    return parameterError(
      `There is no parameter ${JSON.stringify(unknown)} here.`,
      'Leave it out; /docs lists the parameters of every route.',
    )
  }
  const named = first?.instancePath.slice(1).replaceAll('/', '.') ?? ''
  const subject = named === '' ? `The ${where}` : `The parameter ${JSON.stringify(named)}`
  return parameterError(
    `${subject} ${first?.message ?? 'is not valid'}.`,
    'Correct it; /docs lists the parameters of every route.',
  )
}

function asWindrowError(error: FastifyError | WindrowError): { readonly status: number; readonly error: WindrowError } {
  if (isWindrowError(error)) return { status: statusOf(error), error }
  if (error.validation !== undefined) return { status: 400, error: validationError(error) }
  const status = error.statusCode ?? 500
  if (status >= 400 && status < 500) {
    const details = {
      message: error.message,
      remedy: 'Correct the request; /docs describes every route.',
      kind: 'usage',
      cause: error,
    } as const
    return { status, error: new WindrowError('WR_API_REQUEST', details) }
  }
  const message = 'The request failed inside windrow.'
  const remedy = 'Read the log of windrow for the cause, and GET /api/health for the state of its parts.'
  return { status: 500, error: new WindrowError('WR_API_FAILED', { message, remedy, cause: error }) }
}

function sendError(logger: Logger, error: FastifyError | WindrowError, request: FastifyRequest, reply: FastifyReply): void {
  const answer = asWindrowError(error)
  const facts = { err: error, method: request.method, url: request.url }
  if (answer.status === 503) logger.warn(facts, answer.error.message)
  else if (answer.status >= 500) logger.error(facts, answer.error.message)
  if (answer.status === 503) reply.header('retry-after', '5')
  if (answer.status === 401) reply.header('www-authenticate', 'Bearer realm="windrow"')
  const body: ErrorBody = { code: answer.error.code, message: answer.error.message, remedy: answer.error.remedy }
  reply.code(answer.status).type('application/json; charset=utf-8').send(body)
}

/** Every error of every route leaves as {code, message, remedy}; what is not a client's fault is logged with its cause. */
export function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler<FastifyError | WindrowError>((error, request, reply) => sendError(logger, error, request, reply))
  app.setNotFoundHandler((request) => {
    throw new WindrowError('WR_API_NOT_FOUND', {
      message: `There is no ${request.method} ${request.url.split('?')[0]}.`,
      remedy: 'See /docs for the routes of the API, or / for the page.',
      kind: 'usage',
    })
  })
}
