import type { FastifyInstance } from 'fastify'
import { WindrowError } from '../core/errors.ts'

export interface ListenOptions {
  /** The address to bind to. */
  readonly host: string
  /** The first port to try; 0 for any free one. */
  readonly port: number
}

/** Where a server can be reached. */
export interface Listening {
  readonly url: string
  readonly host: string
  readonly port: number
}

/** How many ports after the first are tried. */
const NEXT_PORTS = 20

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

function portsToTry(first: number): number[] {
  if (first === 0) return [0]
  const last = Math.min(65_535, first + NEXT_PORTS)
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

function refused(host: string, port: number, cause: unknown): WindrowError {
  return new WindrowError('WR_LISTEN', {
    message: `windrow cannot listen on ${host} port ${port}: ${String(codeOf(cause) ?? cause)}.`,
    remedy: 'Set WINDROW_HOST to an address of this machine, and WINDROW_PORT to a port that you may use (above 1023).',
    kind: 'usage',
    facts: { host, port },
    cause,
  })
}

function allTaken(host: string, ports: readonly number[], cause: unknown): WindrowError {
  return new WindrowError('WR_PORT_TAKEN', {
    message: `The ports ${ports[0]} to ${ports.at(-1)} of ${host} are all taken.`,
    remedy: 'End the programs that hold them, or set WINDROW_PORT to a free port.',
    kind: 'usage',
    facts: { host, ports },
    cause,
  })
}

function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

/** Listens on the port, or on the next free one if it is taken. Rejects with WR_PORT_TAKEN or WR_LISTEN. */
export async function listen(app: FastifyInstance, { host, port }: ListenOptions): Promise<Listening> {
  const ports = portsToTry(port)
  let taken: unknown = null
  for (const candidate of ports) {
    try {
      await app.listen({ host, port: candidate })
      const address = app.server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : candidate
      return { url: urlOf(host, bound), host, port: bound }
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw refused(host, candidate, error)
      taken = error
    }
  }
  throw allTaken(host, ports, taken)
}
