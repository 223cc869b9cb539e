/** Who holds a partition (or an exclusive writer), and for which time: the epoch grows with every assignment. */
export interface LeaseRecord {
  readonly epoch: number
  /** Null: nobody. */
  readonly session: string | null
  /** The member of the group; null for an exclusive writer. */
  readonly member: string | null
}

const text = new TextEncoder()
const decoder = new TextDecoder()

export function encodeLease(record: LeaseRecord): Uint8Array {
  return text.encode(JSON.stringify(record))
}

/** What stands in the store; nobody with epoch 0 when nothing does. */
export function decodeLease(value: Uint8Array | undefined): LeaseRecord {
  return value === undefined ? { epoch: 0, session: null, member: null } : (JSON.parse(decoder.decode(value)) as LeaseRecord)
}
