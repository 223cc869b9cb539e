import { describe, expect, test } from 'vitest'
import { auditAll } from '../../../src/cli/audit/audit-log.ts'
import type { Session } from '../../../src/cli/session.ts'
import { emptyLedger, ledgerText } from '../../../src/runtime/ledger.ts'

/** A log of one partition with 10 offsets, all of them processed. */
function sessionOf(accepted: number, backend: 'embedded' | 'kafka'): Session {
  const metadata = ledgerText({ ...emptyLedger(), accepted, current: accepted })
  return {
    config: {},
    catalogue: { events: [{ name: 'air' }], topicOf: () => 'air.readings' },
    logStore: backend === 'kafka' ? null : {},
    log: {
      findTopic: async () => ({ name: 'air.readings', partitions: 1 }),
      groupProgress: async () => [{ partition: 0, offset: 10, metadata }],
      bounds: async () => ({ start: 0, end: 10 }),
    },
  } as unknown as Session
}

async function problemsOf(session: Session): Promise<readonly string[]> {
  const [audited] = await auditAll(session, false, new AbortController().signal)
  return audited?.problems ?? []
}

describe('an audit', () => {
  test('finds a record that was not accepted, where each offset is a record', async () => {
    expect(await problemsOf(sessionOf(10, 'embedded'))).toEqual([])
    expect(await problemsOf(sessionOf(9, 'embedded'))).toEqual(['10 records before the committed offset, but 9 accepted'])
  })

  test('lets marks of transactions have offsets on Kafka, but no offset two readings', async () => {
    expect(await problemsOf(sessionOf(10, 'kafka'))).toEqual([])
    expect(await problemsOf(sessionOf(9, 'kafka'))).toEqual([])
    expect(await problemsOf(sessionOf(11, 'kafka'))).toEqual(['10 offsets before the committed offset, but 11 accepted'])
  })
})
