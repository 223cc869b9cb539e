import { WindrowError } from '../../core/errors.ts'

/**
 * The WRITETIME of what windrow writes is no time but a rank, (4096 + epoch) x 2^40 + offset: of two writes to a key the one of the later
 * record wins, whatever order they arrive in and however often. 4096 x 2^40 microseconds are the year 2112: what somebody writes by hand
 * with the time of the clock ranks below every row of windrow.
 */
const FIRST = 4096n
const OFFSET_BITS = 40n
const OFFSETS = 2 ** 40

/** The last epoch whose ranks all fit in the 64 bits of a WRITETIME. */
export const LAST_EPOCH = 2 ** 23 - 4096 - 1

/** `offset` may be that of any record, or an end. Throws WR_CASSANDRA_RANKS for what 64 bits do not hold. */
export function writeTime(epoch: number, offset: number): bigint {
  if (offset >= OFFSETS || epoch > LAST_EPOCH) throw ranksUsedUp(epoch, offset)
  return ((FIRST + BigInt(epoch)) << OFFSET_BITS) + BigInt(offset)
}

/** The bytes of `writeTime`. */
export function writeTimeBytes(epoch: number, offset: number): Buffer {
  if (offset >= OFFSETS || epoch > LAST_EPOCH) throw ranksUsedUp(epoch, offset)
  const bytes = Buffer.allocUnsafe(8)
  const high = Math.floor(offset / 2 ** 32)
  bytes.writeUInt32BE((4096 + epoch) * 256 + high)
  bytes.writeUInt32BE(offset - high * 2 ** 32, 4)
  return bytes
}

/** The least epoch of which every rank is above this WRITETIME; at least 1. */
export function epochAbove(writeTime: bigint): number {
  const epoch = Number((writeTime >> OFFSET_BITS) - FIRST) + 1
  return Math.max(1, epoch)
}

export function ranksUsedUp(epoch: number, offset = 0): WindrowError {
  return new WindrowError('WR_CASSANDRA_RANKS', {
    message: `no WRITETIME is left that is above what the table holds (epoch ${epoch}, offset ${offset})`,
    remedy:
      'Somebody wrote with a TIMESTAMP near the greatest that there is: drop the table, and windrow makes it anew and fills it.',
    facts: { epoch, offset, lastEpoch: LAST_EPOCH },
    kind: 'usage',
  })
}
