import { messageOf, WindrowError } from '../../core/errors.ts'

/** What is there is not what a write expected: another process wrote it, or a try before this one did. */
export function changed(name: string, where: string): WindrowError {
  return new WindrowError('WR_LAKE_CHANGED', {
    message: `${name} in ${where} was written by somebody else meanwhile`,
    remedy: 'Nothing needs to be done: the writer of the lake reads what is there and goes on from that.',
    facts: { name, where },
    canRetry: true,
  })
}

export function away(what: string, where: string, cause: unknown): WindrowError {
  return new WindrowError('WR_LAKE_AWAY', {
    message: `${where} does not answer (${what}): ${messageOf(cause)}`,
    remedy: 'Nothing is lost: it is tried again until it works. See that the storage runs, can be reached, and has room.',
    facts: { where },
    cause,
    canRetry: true,
  })
}

export function denied(what: string, where: string, cause: unknown): WindrowError {
  return new WindrowError('WR_LAKE_DENIED', {
    message: `${where} refuses to ${what}: ${messageOf(cause)}`,
    remedy: 'Give windrow the right to list, read, write and delete there, and check its keys where it is a bucket.',
    facts: { where },
    cause,
    kind: 'usage',
  })
}

export function badName(name: string): WindrowError {
  return new WindrowError('WR_LAKE_NAME', {
    message: `"${name}" is no name of a file in a lake`,
    remedy: 'Use folders and a name with "/" between them, without empty parts, "." and "..", not beginning with ".windrow".',
    facts: { name },
    kind: 'usage',
  })
}

/** Another process has the lake by now. */
export function fenced(what: string, where: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_FENCED', {
    message: `${what} in ${where} is written by another process by now`,
    remedy: 'Nothing needs to be done: this process goes on when the lake is its own again.',
    facts: { where },
    canRetry: true,
    cause,
  })
}
