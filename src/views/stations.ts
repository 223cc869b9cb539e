import { count, defineView, double, instant, optionalText, text } from './view.ts'

export const stationsView = defineView({
  name: 'stations',
  doc: 'Every station and zone, as its newest reading describes it.',
  key: { kind: text('What it measures: weather, energy or air.'), stationId: text('Identity of the station or zone.') },
  values: {
    city: optionalText('City.'),
    country: optionalText('Country.'),
    latitude: double('deg', 'Degrees north, WGS 84.'),
    longitude: double('deg', 'Degrees east, WGS 84.'),
    timeZone: text('IANA time zone: decides to which local day a reading belongs.'),
    intervalMinutes: count('Cadence of its newest reading, minutes.'),
    firstReading: instant('Start of its first reading.'),
    lastReading: instant('Start of its last reading.'),
  },
  stores: ['postgres'],
})
