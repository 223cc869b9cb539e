import { describe, expect, test } from 'vitest'
import { type CurrentView, currentViewRecords } from '../../src/views/views-current.ts'

const current: CurrentView = {
  view: 'weather_hourly',
  generation: 3,
  topic: 'views.weather_hourly.g3',
  topicId: 'b1f7',
  fingerprint: 'sha256:00ff',
  endOffsets: [0, 12, 4_503_599_627_370_495],
  inputs: [{ event: 'weather', topicId: 'c2', offsets: [7, 0, 4_503_599_627_370_495], builtTo: [] }],
  since: 1_700_000_000_000,
  previous: { generation: 2, topic: 'views.weather_hourly.g2', topicId: 'a0', fingerprint: '', inputs: [] },
}
const registered = async (id: number) => (id === 9 ? currentViewRecords.schema : null)

describe('a record of views.current', () => {
  test('is read as it was written', async () => {
    expect(await currentViewRecords.decode(currentViewRecords.encode(current, 9), registered)).toEqual(current)
  })

  test('written with an older or newer schema is read', async () => {
    const newer = JSON.parse(currentViewRecords.schema)
    newer.fields.push({ name: 'note', type: ['null', 'string'], default: null })
    const bytes = Uint8Array.from([...currentViewRecords.encode(current, 10), 0])
    expect(await currentViewRecords.decode(bytes, async () => JSON.stringify(newer))).toEqual(current)
  })

  test('that is cut off, of an unknown schema, or something else, is refused with a code', async () => {
    const bytes = currentViewRecords.encode(current, 9)
    const refused = { code: 'WR_VIEWS_CURRENT' }
    await expect(currentViewRecords.decode(bytes.subarray(0, bytes.byteLength - 3), registered)).rejects.toMatchObject(refused)
    await expect(currentViewRecords.decode(currentViewRecords.encode(current, 8), registered)).rejects.toMatchObject(refused)
    await expect(currentViewRecords.decode(new TextEncoder().encode('{"view":"x"}'), registered)).rejects.toMatchObject(refused)
  })
})
