/** The end of a partition. Every change of it changes its bytes, so that comparing them tells whether anybody wrote. */
export interface PartitionHead {
  /** The next offset that is given out. */
  readonly next: number
  /** Where the last block begins, -1 when there is none. */
  readonly tailBase: number
  readonly tailBytes: number
  /** Counts the changes. */
  readonly revision: number
}

const BYTES = 32
export const EMPTY_HEAD: PartitionHead = { next: 0, tailBase: -1, tailBytes: 0, revision: 0 }

export function encodeHead(head: PartitionHead): Uint8Array {
  const view = new DataView(new ArrayBuffer(BYTES))
  view.setFloat64(0, head.next, true)
  view.setFloat64(8, head.tailBase, true)
  view.setFloat64(16, head.revision, true)
  view.setUint32(24, head.tailBytes, true)
  return new Uint8Array(view.buffer)
}

export function decodeHead(value: Uint8Array): PartitionHead {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  return {
    next: view.getFloat64(0, true),
    tailBase: view.getFloat64(8, true),
    revision: view.getFloat64(16, true),
    tailBytes: view.getUint32(24, true),
  }
}
