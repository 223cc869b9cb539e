import type { BatchHeader } from './record-batch-header.ts'

/** A transaction that was given up: the records of that producer from that offset up to its next marker do not count. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/**
 * The batches that `read_committed` reads: those of no transaction and of committed ones. `isAbortMarker` tells of a control batch
 * whether it ends a transaction that was given up.
 */
export function committedBatches(
  batches: readonly BatchHeader[],
  aborted: readonly AbortedTransaction[],
  isAbortMarker: (batch: BatchHeader) => boolean,
): readonly BatchHeader[] {
  if (aborted.length === 0) return batches.every(({ isControl }) => !isControl) ? batches : batches.filter(isNoControl)
  const coming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<number>()
  let next = 0
  return batches.filter((batch) => {
    for (; next < coming.length; next++) {
      const { producerId, firstOffset } = coming[next] as AbortedTransaction
      if (firstOffset > batch.lastOffset) break
      open.add(producerId)
    }
    if (batch.isControl) {
      if (open.has(batch.producerId) && isAbortMarker(batch)) open.delete(batch.producerId)
      return false
    }
    return !(batch.isTransactional && open.has(batch.producerId))
  })
}

function isNoControl({ isControl }: BatchHeader): boolean {
  return !isControl
}
