import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { WindrowError } from '../core/errors.ts'
import { parameterError } from './api-error.ts'

/** Nothing from another host, no inline script, no frame around it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

export function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
  })
}

/** No text of a reading holds U+0000, and no store takes one. */
export function refuseZeroBytes(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (!/%00|\0/.test(request.url)) return
    throw parameterError('The address holds a zero byte.', 'Leave %00 out.')
  })
}

/** True where only programs of this machine can connect. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function hostNameOf(header: string | undefined): string | null {
  if (header === undefined || !URL.canParse(`http://${header}`)) return null
  return new URL(`http://${header}`).hostname.replace(/^\[(.*)\]$/, '$1')
}

/**
 * Refuses requests under another name than this machine's own while bound to loopback: a web page elsewhere could make its own
 * name resolve to 127.0.0.1 and read the answers (DNS rebinding).
 */
export function checkHostHeader(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    const name = hostNameOf(request.headers.host)
    if (name !== null && isLoopback(name)) return
    throw new WindrowError('WR_API_HOST', {
      message: `windrow listens on this machine only and does not answer to the name ${JSON.stringify(name)}.`,
      remedy: 'Use http://localhost or http://127.0.0.1, or set WINDROW_HOST to the address that others are to reach.',
      kind: 'usage',
    })
  })
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest()

/** A hook for routes that change something: `Authorization: Bearer <token>` or nothing happens. */
export function requireToken(token: string | null): (request: FastifyRequest) => Promise<void> {
  const expected = token === null || token === '' ? null : digestOf(token)
  return async (request) => {
    if (expected === null) {
      throw new WindrowError('WR_API_TOKEN_UNSET', {
        message: 'This would change something, and no token is set with which to allow it.',
        remedy: 'Set WINDROW_API_TOKEN to a long random text and start windrow again, then send it as "Authorization: Bearer …".',
        kind: 'usage',
      })
    }
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    if (given !== undefined && timingSafeEqual(digestOf(given), expected)) return
    throw new WindrowError('WR_API_TOKEN_WRONG', {
      message:
        given === undefined
          ? 'The request carries no bearer token.'
          : 'The bearer token is not the one that windrow was started with.',
      remedy: 'Send "Authorization: Bearer …" with the value of WINDROW_API_TOKEN.',
      kind: 'usage',
    })
  }
}
