/** What was last published of one reading. */
export interface Published {
  /** Of everything but `revisedAt`. */
  readonly hash: bigint
  readonly revisedAt: number | null
  /** Whether the producer, and not upstream, said when it was revised. */
  readonly byProducer: boolean
  /** Contents that it had before and that upstream did not date: the newest last. */
  readonly previous: readonly bigint[]
}

export type Decision =
  /** Publish it with this `revisedAt`; `published` is what the cursor remembers. */
  | { readonly kind: 'publish'; readonly isRevision: boolean; readonly published: Published }
  /** It is what was published. */
  | { readonly kind: 'unchanged' }
  /** Upstream revised it since. */
  | { readonly kind: 'stale' }
  /**
   * It is what was published before something else was, and nothing tells which of the two holds. Where upstream says both in one
   * poll the later holds, so wait for the end of the poll, and publish it if the other does not come.
   */
  | { readonly kind: 'defer' }

/** Undated contents of one reading that are told apart; with more, a source that repeats them all is published anew at each poll. */
const MAX_PREVIOUS = 8

const UNCHANGED: Decision = { kind: 'unchanged' }
const STALE: Decision = { kind: 'stale' }
const DEFER: Decision = { kind: 'defer' }

/**
 * What to do with a reading that upstream gives with `hash` and, where it says so, `revisedAt`. Never seen: publish. The same content:
 * nothing, unless upstream dates it later. Another content that upstream dates: publish unless it is older. Another that it does
 * not date: publish, dated by the producer (`now`, and later than what was published), unless upstream dated what was published: then
 * the undated one is the first state, and stale. `isFinal` is true at the end of a poll for what was deferred.
 */
export function decide(
  published: Published | null,
  hash: bigint,
  revisedAt: number | null,
  now: number,
  isFinal = false,
): Decision {
  if (published === null) {
    return { kind: 'publish', isRevision: false, published: { hash, revisedAt, byProducer: false, previous: [] } }
  }
  const isNewer = revisedAt !== null && (published.revisedAt === null || revisedAt > published.revisedAt)
  if (isNewer) return { kind: 'publish', isRevision: true, published: { hash, revisedAt, byProducer: false, previous: [] } }
  if (hash === published.hash) return UNCHANGED
  const isTie = revisedAt !== null && revisedAt === published.revisedAt
  const isUndated = revisedAt === null && (published.revisedAt === null || published.byProducer)
  if (!isTie && !isUndated) return STALE
  if (!isFinal && published.previous.includes(hash)) return DEFER
  const previous = [...published.previous.filter((each) => each !== hash), published.hash].slice(-MAX_PREVIOUS)
  if (isTie) return { kind: 'publish', isRevision: true, published: { hash, revisedAt, byProducer: false, previous } }
  const after = published.revisedAt === null ? now : Math.max(now, published.revisedAt + 1)
  return { kind: 'publish', isRevision: true, published: { hash, revisedAt: after, byProducer: true, previous } }
}
