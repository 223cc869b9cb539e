/** One change of a batch: `value` null removes the key. */
export interface KeyValueChange {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/** The batch applies only if `key` holds exactly `expected` (null: is absent) at that moment. */
export interface KeyValueCondition {
  readonly key: Uint8Array
  readonly expected: Uint8Array | null
}

export interface KeyRange {
  /** First key, inclusive. */
  readonly start: Uint8Array
  /** Last key, exclusive. */
  readonly end: Uint8Array
  readonly reverse?: boolean
  readonly limit?: number
}

/**
 * A durable, ordered map of bytes (keys compare as unsigned bytes) that several processes may share.
 * A `get` or `range` that starts after `batch` resolved sees that batch; one that starts earlier may not.
 */
export interface KeyValueStore {
  /** The folder that it lies in, as `folderIdentity` says; absent where it lies in none. */
  readonly folder?: string
  /** The value (a copy that the caller owns), or undefined. */
  get(key: Uint8Array): Uint8Array | undefined
  /** Entries in key order, copied; the read view is closed when the call returns, so keep ranges small (`limit`) and go on from the last key. */
  range(range: KeyRange): Array<{ key: Uint8Array; value: Uint8Array }>
  /** Keys only, in order. */
  keys(range: KeyRange): Uint8Array[]
  /**
   * Applies all changes or none; resolves true once they are on disk (flushed), false if a condition did not hold.
   * Rejects with WR_DISK_FULL (ENOSPC, map full) and nothing applied, or WR_STORE_FAILED.
   */
  batch(changes: readonly KeyValueChange[], conditions?: readonly KeyValueCondition[]): Promise<boolean>
  /**
   * Calls the listener soon after any process changed the store (this one: after each batch; another: within some
   * milliseconds), and now and then without a change: the listener looks for itself. Returns what ends it.
   */
  watch(listener: () => void): () => void
  close(): Promise<void>
}
