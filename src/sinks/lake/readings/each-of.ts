/** Does the work for each item, with as many at a time as there are hands; ends at the first failure, which it rejects with. */
export async function eachOf<T, H, R>(
  items: readonly T[],
  hands: readonly H[],
  work: (item: T, hand: H) => Promise<R>,
  signal: AbortSignal,
): Promise<readonly R[]> {
  const results: R[] = []
  let next = 0
  let failed = false
  const run = async (hand: H): Promise<void> => {
    while (next < items.length && !failed && !signal.aborted) {
      const item = items[next++] as T
      try {
        results.push(await work(item, hand))
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const settled = await Promise.allSettled(hands.map(run))
  const rejected = settled.find((each) => each.status === 'rejected')
  if (rejected !== undefined) throw rejected.reason
  signal.throwIfAborted()
  return results
}
