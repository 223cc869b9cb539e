import { createHash } from 'node:crypto'
import type { Secret } from '../../core/secret.ts'
import type { ConfiguredStation } from './configured-stations.ts'

/** Whose calls an API counts together. */
export interface Account {
  readonly name: string
  /** What tells it from others of that name. */
  readonly parts: ReadonlyArray<string | Secret>
  /** The same for the same account; nothing of a secret can be read in it. */
  readonly id: string
}

/** The account that a station is asked with. */
export function accountOf({ kind, baseUrl, credentials }: Pick<ConfiguredStation, 'kind' | 'baseUrl' | 'credentials'>): Account {
  const name = kind.account ?? kind.name
  const parts = credentials.kind === 'none' ? [baseUrl] : [baseUrl, credentials.kind === 'key' ? credentials.key : credentials.id]
  const texts = parts.map((part) => (typeof part === 'string' ? part : part.reveal()))
  return {
    name,
    parts,
    id: createHash('sha256')
      .update(JSON.stringify([name, ...texts]))
      .digest('hex'),
  }
}
