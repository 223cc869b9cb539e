import { LEDGER_FATES } from '../../src/runtime/ledger.ts'
import { compareRows } from '../oracle/compare-rows.ts'
import type { Fate } from '../oracle/log-record.ts'
import { type Expectation, oracle } from '../oracle/oracle.ts'
import type { FinalState } from './final-state.ts'
import { type History, logRecords } from './history.ts'
import { ownRows } from './own-rows.ts'

/** What a history has to lead to. */
export function expectationOf(history: History): Expectation {
  const lateness = history.allowedLatenessMinutes
  const expectation = oracle(history.event, logRecords(history), lateness === null ? null : lateness * 60_000)
  return { ...expectation, views: { ...expectation.views, ...ownRows(history.event, expectation.current) } }
}

/** How what stands in the log differs from what the oracle says, one sentence a difference. */
export function checkOutcome(history: History, { fates, views }: Expectation, state: FinalState): string[] {
  const differences = [...state.contradictions]
  for (const [name, expected] of Object.entries(views)) {
    const found = state.views.find(({ view }) => view.name === name)
    if (found === undefined) differences.push(`there is no view ${name}`)
    else differences.push(...compareRows(found.view, expected, found.rows))
  }
  for (const fate of LEDGER_FATES) {
    const expected = fates.filter((candidate) => candidate === fate).length
    if (state.ledger[fate] !== expected) differences.push(`the ledger says ${state.ledger[fate]} ${fate}, expected ${expected}`)
  }
  differences.push(...checkDeadLetters(history, state, fates))
  return differences
}

function checkDeadLetters(history: History, state: FinalState, fates: readonly Fate[]): string[] {
  const place = ({ partition, offset }: { partition: number; offset: number }) => `${partition}/${offset}`
  const expected = new Map<string, { code: string; key: string }>()
  logRecords(history).forEach((record, i) => {
    const key = history.records[i]?.key as string
    if (record.code !== null) expected.set(place(record), { code: record.code, key })
    else if (fates[i] === 'tooLate') expected.set(place(record), { code: TOO_LATE, key })
  })
  const differences: string[] = []
  for (const found of state.deadLetters) {
    const wanted = expected.get(place(found))
    const key = Buffer.from(found.letter.key ?? []).toString()
    if (wanted === undefined) differences.push(`there should be no dead letter of ${place(found)} (${found.letter.code})`)
    else if (wanted.code !== found.letter.code) {
      differences.push(`the dead letter of ${place(found)} has code ${found.letter.code}, expected ${wanted.code}`)
    } else if (wanted.key !== key) differences.push(`the dead letter of ${place(found)} has key ${key}, expected ${wanted.key}`)
    expected.delete(place(found))
  }
  for (const [missing, { code }] of expected) differences.push(`there is no dead letter of ${missing} (${code})`)
  return differences
}

const TOO_LATE = 'WR_READING_TOO_LATE'

/** How two runs of one history differ: their final rows have to be the same to the bit. */
export function compareRuns(a: FinalState, b: FinalState): string[] {
  const differences: string[] = []
  for (const { view, bytes, rows } of a.views) {
    const other = b.views.find((candidate) => candidate.view.name === view.name)
    for (const key of new Set([...bytes.keys(), ...(other?.bytes.keys() ?? [])])) {
      if (bytes.get(key) === other?.bytes.get(key)) continue
      differences.push(
        `${view.name} ${key} is not the same in two runs: ${JSON.stringify(rows.get(key))} and ${JSON.stringify(other?.rows.get(key))}`,
      )
    }
  }
  return differences
}
