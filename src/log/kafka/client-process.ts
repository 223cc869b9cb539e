import { hostname } from 'node:os'
import { statOf } from '../../core/process-identity.ts'

/** The process behind a client of the brokers, by its client id `windrow-<pid>-<host>`. */
export interface ClientProcess {
  readonly clientId: string
  /** Null where the client is none of windrow's. */
  readonly pid: number | null
  readonly host: string | null
  /** `elsewhere`: on another machine or in another container, where only its session tells whether it lives. */
  readonly state: 'running' | 'stopped' | 'gone' | 'elsewhere'
}

const CLIENT_ID = /^windrow-(\d+)-(.*)$/

export function processOfClient(clientId: string): ClientProcess {
  const [, digits, host = null] = CLIENT_ID.exec(clientId) ?? []
  if (digits === undefined) return { clientId, pid: null, host: null, state: 'elsewhere' }
  const pid = Number(digits)
  return { clientId, pid, host, state: host === hostname() ? stateHere(pid) : 'elsewhere' }
}

function stateHere(pid: number): 'running' | 'stopped' | 'gone' {
  const stat = statOf(pid)
  if (stat !== null) return stat.state === 'T' || stat.state === 't' ? 'stopped' : /[ZX]/.test(stat.state) ? 'gone' : 'running'
  try {
    process.kill(pid, 0)
    return 'running'
  } catch (error) {
    // There, but not ours to signal.
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'running' : 'gone'
  }
}
