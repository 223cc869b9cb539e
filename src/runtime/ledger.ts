/**
 * What became of the records of a topic. For every task, at every commit: accepted = current + superseded + stale + duplicate +
 * tooLate + deadLettered, each record being exactly one of them.
 */
export interface Ledger {
  /** Records read from the log. */
  accepted: number
  /** Readings that are in force: no later revision has taken their place. */
  current: number
  /** Readings whose place a revision took. */
  superseded: number
  /** Readings that came after a newer revision of themselves. */
  stale: number
  /** Readings equal to the one in force. */
  duplicate: number
  /** Readings beyond the allowed lateness; they are in the dead letters too. */
  tooLate: number
  /** Records that are no usable reading. */
  deadLettered: number
}

export const LEDGER_FATES = ['current', 'superseded', 'stale', 'duplicate', 'tooLate', 'deadLettered'] as const

export function emptyLedger(): Ledger {
  return { accepted: 0, current: 0, superseded: 0, stale: 0, duplicate: 0, tooLate: 0, deadLettered: 0 }
}

/** True when every record is accounted for exactly once. */
export function ledgerAddsUp(ledger: Ledger): boolean {
  return ledger.accepted === LEDGER_FATES.reduce((sum, fate) => sum + ledger[fate], 0)
}

/** The sum of several ledgers. */
export function addLedgers(ledgers: readonly Ledger[]): Ledger {
  const total = emptyLedger()
  for (const ledger of ledgers) {
    total.accepted += ledger.accepted
    for (const fate of LEDGER_FATES) total[fate] += ledger[fate]
  }
  return total
}

/** The text that is committed with a task's offset. */
export function ledgerText(ledger: Ledger): string {
  return JSON.stringify(ledger)
}

/** The ledger of a committed text; an empty one for an empty text. */
export function parseLedger(metadata: string): Ledger {
  const ledger = emptyLedger()
  if (metadata === '') return ledger
  const stored = JSON.parse(metadata) as Partial<Ledger>
  for (const field of ['accepted', ...LEDGER_FATES] as const) ledger[field] = stored[field] ?? 0
  return ledger
}
