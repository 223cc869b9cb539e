import type { MendSource, PartitionProgress } from './sink.ts'

/** Of a table that was just made, by partition: it is as any topic says at offset 0. */
export function atBeginning(partitions: number): PartitionProgress[] {
  return Array.from({ length: partitions }, () => ({ nextOffset: 0, last: null }))
}

/** Of a table that was compared with the topic up to these offsets, by partition. */
export function comparedUpTo(offsets: readonly number[], source: MendSource): PartitionProgress[] {
  return offsets.map((nextOffset, partition) => ({ nextOffset, last: source.lastRecord(partition) }))
}
