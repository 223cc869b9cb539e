/** Something that holds a part of the memory. */
export interface MemoryHolder {
  readonly bytes: number
}

/**
 * Bytes of state that the tasks of a process share. While the whole is within the limit anybody may hold what it likes; beyond it,
 * whoever holds more than an equal share has to let go.
 */
export class MemoryBudget {
  readonly limitBytes: number
  private readonly holders = new Set<MemoryHolder>()

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  join(holder: MemoryHolder): void {
    this.holders.add(holder)
  }

  leave(holder: MemoryHolder): void {
    this.holders.delete(holder)
  }

  get bytes(): number {
    let total = 0
    for (const holder of this.holders) total += holder.bytes
    return total
  }

  /** How many bytes the holder should let go; 0 while all is well. Frees a fifth more than needed, so that it is not asked all the time. */
  excessOf(holder: MemoryHolder): number {
    const total = this.bytes
    if (total <= this.limitBytes) return 0
    const share = this.limitBytes / Math.max(1, this.holders.size)
    if (holder.bytes <= share) return 0
    return Math.min(holder.bytes - share * 0.8, total - this.limitBytes * 0.8)
  }
}
