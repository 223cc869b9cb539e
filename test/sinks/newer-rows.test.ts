import { expect, test } from 'vitest'
import { refuseNewerRows } from '../../src/sinks/newer-rows.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { rowSchema, rowSubject } from '../../src/views/row-schema.ts'
import { addedCount, defineView, double, text } from '../../src/views/view.ts'

const key = { stationId: text('The station.') }
const mean = double('Cel', 'Mean.')
const declared = { name: 'grown', doc: 'Grown.', key, stores: ['postgres'] } as const
const older = defineView({ ...declared, values: { mean } })
const newer = defineView({ ...declared, values: { mean, meanN: addedCount('Readings.') } })

async function registered(...views: Array<typeof older | typeof newer>) {
  const { registry } = memoryLog()
  const ids: number[] = []
  for (const view of views) ids.push(await registry.register(rowSubject(view), rowSchema(view)))
  return { registry, ids }
}

test('rows with columns of a later version are not for the older one, those of the older one are for both', async () => {
  const { registry, ids } = await registered(older, newer)
  const [first, second] = ids as [number, number]
  await expect(refuseNewerRows(older, registry, second, rowSchema(newer))).rejects.toMatchObject({
    code: 'WR_ROW_NEWER',
    facts: { columns: ['mean_n'] },
  })
  await refuseNewerRows(newer, registry, first, rowSchema(older))
  await refuseNewerRows(newer, registry, second, rowSchema(newer))
})

test('a later version may have dropped columns, and rows that still have them can be written', async () => {
  const { registry, ids } = await registered(newer, older)
  await refuseNewerRows(older, registry, ids[0] as number, rowSchema(newer))
})
