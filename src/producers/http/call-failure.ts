/**
 * Why a call came to no answer. connection: there was none in time, or none at all. late: no whole answer in time. broken: the connection
 * ended, or the answer cannot be read. large: more bytes than any answer has. invalid: it could not be sent as it is.
 */
export type CallFailureKind = 'connection' | 'late' | 'broken' | 'large' | 'invalid'

export class CallFailure extends Error {
  readonly kind: CallFailureKind

  constructor(kind: CallFailureKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CallFailure'
    this.kind = kind
  }
}
