import type { FastifyInstance } from 'fastify'
import { WindrowError } from '../core/errors.ts'

export interface ListenOptions {
  /** The address to bind to. */
  readonly host: string
  /** The first port to try; 0 for any free one. */
  readonly port: number
  /** The setting that the port is of, where it has to be this port and no other: who is to find it has been told it. */
  readonly fixedBy?: string
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

function portsToTry(first: number, isFixed: boolean): number[] {
  if (first === 0 || isFixed) return [first]
  const last = Math.min(65_535, first + NEXT_PORTS)
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

function refused(host: string, port: number, setting: string, cause: unknown): WindrowError {
  return new WindrowError('WR_LISTEN', {
    message: `windrow cannot listen on ${host} port ${port}: ${String(codeOf(cause) ?? cause)}.`,
    remedy: `Set WINDROW_HOST to an address of this machine, and ${setting} to a port that you may use (above 1023).`,
    kind: 'usage',
    facts: { host, port },
    cause,
  })
}

function allTaken(host: string, ports: readonly number[], setting: string, cause: unknown): WindrowError {
  const [isOne, first, last] = [ports.length === 1, ports[0], ports.at(-1)]
  return new WindrowError('WR_PORT_TAKEN', {
    message: isOne ? `The port ${first} of ${host} is taken.` : `The ports ${first} to ${last} of ${host} are all taken.`,
    remedy: `End ${isOne ? 'the program that holds it' : 'the programs that hold them'}, or set ${setting} to a free port (0 for any).`,
    kind: 'usage',
    facts: { host, ports },
    cause,
  })
}

function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

/** Listens on the port, or on the next free one if it is taken and not fixed. Rejects with WR_PORT_TAKEN or WR_LISTEN. */
export async function listen(app: FastifyInstance, { host, port, fixedBy }: ListenOptions): Promise<Listening> {
  const ports = portsToTry(port, fixedBy !== undefined)
  const setting = fixedBy ?? 'WINDROW_PORT'
  let taken: unknown = null
  for (const candidate of ports) {
    try {
      await app.listen({ host, port: candidate })
      const address = app.server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : candidate
      return { url: urlOf(host, bound), host, port: bound }
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw refused(host, candidate, setting, error)
      taken = error
    }
  }
  throw allTaken(host, ports, setting, taken)
}
