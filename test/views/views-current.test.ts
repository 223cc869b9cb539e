import { describe, expect, test } from 'vitest'
import { type CurrentView, currentViewSchema, decodeCurrentView, encodeCurrentView } from '../../src/views/views-current.ts'

const current: CurrentView = {
  view: 'weather_hourly',
  generation: 3,
  topic: 'views.weather_hourly.g3',
  topicId: 'b1f7',
  fingerprint: 'sha256:00ff',
  endOffsets: [0, 12, 4_503_599_627_370_495],
}
const registered = async (id: number) => (id === 9 ? currentViewSchema : null)

describe('a record of views.current', () => {
  test('is read as it was written', async () => {
    expect(await decodeCurrentView(encodeCurrentView(current, 9), registered)).toEqual(current)
  })

  test('written with an older or newer schema is read', async () => {
    const newer = JSON.parse(currentViewSchema)
    newer.fields.push({ name: 'note', type: ['null', 'string'], default: null })
    const bytes = Uint8Array.from([...encodeCurrentView(current, 10), 0])
    expect(await decodeCurrentView(bytes, async () => JSON.stringify(newer))).toEqual(current)
  })

  test('that is cut off, of an unknown schema, or something else, is refused with a code', async () => {
    const bytes = encodeCurrentView(current, 9)
    const refused = { code: 'WR_VIEWS_CURRENT' }
    await expect(decodeCurrentView(bytes.subarray(0, bytes.byteLength - 3), registered)).rejects.toMatchObject(refused)
    await expect(decodeCurrentView(encodeCurrentView(current, 8), registered)).rejects.toMatchObject(refused)
    await expect(decodeCurrentView(new TextEncoder().encode('{"view":"x"}'), registered)).rejects.toMatchObject(refused)
  })
})
