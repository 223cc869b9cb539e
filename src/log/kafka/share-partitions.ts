import { balance, type Seat } from '../balance.ts'

export interface GroupClaim {
  readonly member: string
  /** Partitions that it holds and has not given up. */
  readonly owned: readonly number[]
}

/**
 * Which partitions each member may hold from now on: about as many each, with as few moves as possible. One that is to move is given to
 * nobody until its holder gave it up: the holder sees it missing, finishes, and joins again.
 */
export function sharePartitions(partitions: number, claims: readonly GroupClaim[]): ReadonlyMap<string, readonly number[]> {
  const holders = new Map<number, string | null>()
  for (const { member, owned } of claims) {
    // Claimed by two, it is held by the later one at most: neither may go on until both gave it up.
    for (const partition of owned) holders.set(partition, holders.has(partition) ? null : member)
  }
  const seats: Seat[] = []
  for (let partition = 0; partition < partitions; partition++) {
    seats.push({ topic: '', partition, holder: holders.get(partition) ?? null })
  }
  const wanted = balance(
    seats,
    claims.map(({ member }) => ({ id: member, topics: new Set(['']) })),
  )
  const shares = new Map<string, number[]>(claims.map(({ member }) => [member, []]))
  seats.forEach(({ partition, holder }, i) => {
    const member = wanted[i] ?? null
    if (member === null || holders.get(partition) === null) return
    if (holder === null || holder === member) shares.get(member)?.push(partition)
  })
  return shares
}
