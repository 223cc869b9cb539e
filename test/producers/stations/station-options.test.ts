import { expect, test } from 'vitest'
import { stationOptions } from '../../../src/producers/stations/station-options.ts'

const kind = {
  name: 'some-api',
  stationOptions: {
    unit: { description: 'The unit of CO.', default: 'mg/m3', values: ['mg/m3', 'ug/m3'] },
    types: { description: 'Types, separated by commas.', default: '', pattern: '([A-Z]+(,[A-Z]+)*)?' },
  },
}

test('What a station does not say is as the kind says', () => {
  expect(stationOptions(kind, { id: 'a' })).toEqual({ unit: 'mg/m3', types: '' })
  expect(stationOptions(kind, { id: 'a', options: { types: 'SOLAR,WIND' } })).toEqual({ unit: 'mg/m3', types: 'SOLAR,WIND' })
})

test.each([
  [{ unti: 'ug/m3' }, /"unti" .* is unknown/, 'Its options are: unit, types.'],
  [{ toString: 'x' }, /"toString" .* is unknown/, 'Its options are: unit, types.'],
  [{ unit: 'g' }, /"unit" .* cannot be "g"/, 'It is one of: mg/m3, ug/m3.'],
  [{ types: 'SOLAR,' }, /"types" .* cannot be "SOLAR,"/, 'Types, separated by commas.'],
])('%j is refused with what is known', (options, message, remedy) => {
  expect(() => stationOptions(kind, { id: 'a', options })).toThrow(
    expect.objectContaining({ code: 'WR_STATION_OPTION', kind: 'usage', message: expect.stringMatching(message), remedy }),
  )
})
