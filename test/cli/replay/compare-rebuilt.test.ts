import { expect, test } from 'vitest'
import { compareRebuilt } from '../../../src/cli/replay/compare-rebuilt.ts'
import { RecordBlockBuilder } from '../../../src/core/record-block.ts'
import { REBUILT_SCHEMA_ID, RowStore } from '../../../src/runtime/replay/row-store.ts'
import { rowEncoder } from '../../../src/views/row-encoder.ts'
import { type Cell, defineView, double, text } from '../../../src/views/view.ts'

const view = defineView({
  name: 'values',
  doc: 'A view of these tests.',
  key: { stationId: text('station') },
  values: { co: double('mg/m3', 'value') },
  stores: ['postgres'],
})
const row = (co: number | null): readonly Cell[] | null => (co === null ? null : ['a', co])
const KEY = '["a"]'

type Case = readonly [what: string, found: number | null, since: ReadonlyArray<number | null>, verdict: string]
const cases: readonly Case[] = [
  ['as computed', 1, [], 'equal'],
  ['another and has not changed since', 2, [], 'changed'],
  ['missing and has not changed since', null, [], 'missing'],
  ['one of its states since', 3, [2, 3, 4], 'equal'],
  ['missing, and was gone since', null, [2, null, 4], 'equal'],
  ['none of the states since that are still known', 3, [4], 'unsettled'],
  ['missing, and is only known to have changed', null, [4], 'unsettled'],
]
test.each(cases)('a row that is %s', async (_, found, since, verdict) => {
  const rows = new RowStore(view, 1 << 20)
  const block = new RecordBlockBuilder()
  block.add(KEY, rowEncoder(view, REBUILT_SCHEMA_ID).encode(row(1) as readonly Cell[]))
  await rows.take(block.build())
  const told: string[] = []
  const stored = row(found)
  const { equal, missing, extra, changed, unsettled } = await compareRebuilt({
    rebuilt: { rows, isWhole: () => true },
    rows: (async function* () {
      yield stored === null ? [] : [stored]
    })(),
    async versions(onVersion) {
      for (const co of since) await onVersion(KEY, () => row(co))
    },
    signal: new AbortController().signal,
    onDifference: async ({ kind }) => void told.push(kind),
  })
  await rows.close()
  const counts = { equal, missing, extra, changed, unsettled }
  expect(counts).toEqual({ equal: 0, missing: 0, extra: 0, changed: 0, unsettled: 0, [verdict]: 1 })
  expect(told).toEqual(['missing', 'changed'].includes(verdict) ? [verdict] : [])
})
