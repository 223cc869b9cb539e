/** Someone who may hold partitions. */
export interface Contender {
  readonly id: string
  /** Ids of the topics it wants. */
  readonly topics: ReadonlySet<string>
}

export interface Seat {
  readonly topic: string
  readonly partition: number
  /** Who holds it now, null when nobody (alive) does. */
  readonly holder: string | null
}

/**
 * Who should hold each seat, in the order of the seats: everybody about equally many (at most one apart where all want the same
 * topics), and as few moves as possible. A pure function, so that all members come to the same result without talking.
 */
export function balance(seats: readonly Seat[], contenders: readonly Contender[]): Array<string | null> {
  const members = [...contenders].sort((a, b) => (a.id < b.id ? -1 : 1))
  const byId = new Map(members.map((member) => [member.id, member]))
  const load = new Map(members.map((member) => [member.id, 0]))
  const result: Array<string | null> = seats.map(({ holder, topic }) =>
    holder !== null && byId.get(holder)?.topics.has(topic) ? holder : null,
  )
  const give = (seat: number, id: string | null): void => {
    const before = result[seat]
    if (before !== null && before !== undefined) load.set(before, (load.get(before) ?? 0) - 1)
    result[seat] = id
    if (id !== null) load.set(id, (load.get(id) ?? 0) + 1)
  }
  const least = (topic: string): string | null => {
    let best: string | null = null
    for (const { id, topics } of members) {
      if (topics.has(topic) && (best === null || (load.get(id) ?? 0) < (load.get(best) ?? 0))) best = id
    }
    return best
  }
  for (const holder of result) if (holder !== null) load.set(holder, (load.get(holder) ?? 0) + 1)
  seats.forEach(({ topic }, i) => {
    if (result[i] === null) give(i, least(topic))
  })
  // From who has most, so that nobody gives one away who has no more than the share.
  for (;;) {
    let from: { readonly seat: number; readonly to: string; readonly load: number } | null = null
    for (const [seat, { topic }] of seats.entries()) {
      const [holder, to] = [result[seat] ?? null, least(topic)]
      if (holder === null || to === null) continue
      const held = load.get(holder) ?? 0
      if (held > (load.get(to) ?? 0) + 1 && held > (from?.load ?? 0)) from = { seat, to, load: held }
    }
    if (from === null) return result
    give(from.seat, from.to)
  }
}
