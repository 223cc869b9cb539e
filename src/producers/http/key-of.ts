import type { Secret } from '../../core/secret.ts'
import type { Credentials } from '../upstream-kind.ts'

/** The key that the source needs; whoever opens it has seen to that (`UpstreamKind.needs`). */
export function keyOf(credentials: Credentials, source: string): Secret {
  if (credentials.kind === 'key') return credentials.key
  throw new RangeError(`the source ${source} was opened without a key`)
}
