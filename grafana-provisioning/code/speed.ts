import * as units from '@grafana/grafana-foundation-sdk/units'
import { weatherDataView } from '../../src/views/weather.ts'
import { dashboardOf } from './dashboard.ts'
import { fluxFlag, fluxGreatestSum, fluxLate, fluxNewest, fluxNewestTime, fluxSeries, tagsOf } from './flux.ts'
import { chart, coloured, type DataLink, late, stat, states, table } from './panels.ts'
import { grafanaUnit } from './units.ts'
import { choice, fluxVariable } from './variables.ts'
import { columnsOf } from './view-columns.ts'

const weather = columnsOf(weatherDataView)

const nothing = 'No points in this range: choose the other bucket or a longer range; the dashboard Pipeline shows what waits'

const bucket = choice(
  {
    name: 'bucket',
    label: 'Bucket',
    description: 'windrow: written by its sink, revisions included. speed_bucket: what Telegraf read from the topics.',
  },
  ['windrow', 'speed_bucket'],
)
const city = fluxVariable(
  { name: 'city', label: 'City', description: 'Cities with points in the range' },
  tagsOf(weatherDataView, 'city'),
  '.*',
)
const station = fluxVariable(
  { name: 'station', label: 'Station', description: 'Stations of the chosen cities with points in the range' },
  tagsOf(weatherDataView, 'station_id', 'city'),
)

const cityName = '${__field.labels.city}'
const stationName = '${__field.labels.station_id}'
const toPage: DataLink[] = [{ title: 'The station in windrow', url: `\${windrow}/?tab=weather&station=${stationName}` }]
const toCity: DataLink[] = [{ title: 'The city in windrow', url: `\${windrow}/?tab=weather&city=${cityName}` }]
/** Readings come every ten minutes to an hour: shorter windows would be mostly empty. */
const minInterval = '10m'
const common = { noValue: nothing, minInterval }
const line = { ...common, gap: 'windows' } as const
const byStation = { ...common, gap: 'windows', displayName: stationName, links: toPage } as const

const isTrue = (text: string, color: string) => [
  { type: 'value', options: { '0': { text: 'no', color: 'transparent', index: 0 }, '1': { text, color, index: 1 } } } as never,
]

export const speed = dashboardOf({
  uid: 'windrow-speed',
  title: 'Speed layer',
  description: 'Weather as it comes in, from InfluxDB: live values, and which station has fallen silent.',
  from: 'now-24h',
  refresh: '30s',
  variables: [bucket, city, station],
  sections: [
    {
      id: 100,
      title: 'Now',
      panels: [
        stat({
          id: 1,
          title: 'Heartbeat',
          description: 'Start of the newest reading of any chosen station.',
          unit: units.DateTimeFromNow,
          queries: [fluxNewestTime(weatherDataView, 'intervalMinutes')],
          colors: 'none',
          ...common,
        }),
        stat({
          id: 2,
          title: 'Stations with points',
          description: 'Chosen stations that have a reading in the range.',
          unit: units.Short,
          queries: [fluxLate(weatherDataView, 'intervalMinutes', null)],
          colors: 'none',
          ...common,
        }),
        stat({
          id: 3,
          title: 'Late stations',
          description: 'Chosen stations whose last interval ended three intervals ago or more.',
          unit: units.Short,
          queries: [fluxLate(weatherDataView, 'intervalMinutes', 3)],
          steps: [
            { from: null, color: 'green' },
            { from: 1, color: 'red' },
          ],
          ...common,
        }),
        stat({
          id: 4,
          title: 'Rain in the range',
          description: 'The wettest chosen station: its precipitation in the range.',
          unit: grafanaUnit(weather.precipitation),
          queries: [fluxGreatestSum(weatherDataView, 'precipitation')],
          colors: 'none',
          decimals: 1,
          ...common,
        }),
        stat({
          id: 5,
          title: 'Temperature now, by city',
          description: 'Last temperature of each city in the range: the mean of its stations in the last window.',
          unit: grafanaUnit(weather.temperature),
          queries: [fluxSeries(weatherDataView, { field: 'temperature', fn: 'mean', by: ['city'] })],
          displayName: cityName,
          links: toCity,
          width: 24,
          decimals: 1,
          steps: [
            { from: null, color: 'blue' },
            { from: 0, color: 'light-blue' },
            { from: 10, color: 'green' },
            { from: 20, color: 'yellow' },
            { from: 28, color: 'orange' },
            { from: 35, color: 'red' },
          ],
          ...common,
        }),
      ],
    },
    {
      id: 101,
      title: 'Weather',
      panels: [
        chart({
          id: 10,
          title: 'Temperature by city',
          description: 'Mean of the stations of a city. Stations without a city are in the panels by station.',
          unit: grafanaUnit(weather.temperature),
          queries: [fluxSeries(weatherDataView, { field: 'temperature', fn: 'mean', by: ['city'] })],
          displayName: cityName,
          links: toCity,
          ...line,
        }),
        chart({
          id: 11,
          title: 'Humidity',
          description: 'Relative humidity by station.',
          unit: grafanaUnit(weather.humidity),
          queries: [fluxSeries(weatherDataView, { field: 'humidity', fn: 'mean' })],
          min: 0,
          max: 100,
          ...byStation,
        }),
        chart({
          id: 12,
          title: 'Pressure',
          description: 'Air pressure by station, as it was measured or reduced to sea level by whoever published it.',
          unit: grafanaUnit(weather.pressure),
          queries: [fluxSeries(weatherDataView, { field: 'pressure', fn: 'mean' })],
          decimals: 1,
          ...byStation,
        }),
        chart({
          id: 13,
          title: 'Wind speed',
          description: 'Mean wind speed by station.',
          unit: grafanaUnit(weather.windSpeed),
          queries: [fluxSeries(weatherDataView, { field: 'windSpeed', fn: 'mean' })],
          min: 0,
          ...byStation,
        }),
        chart({
          id: 14,
          title: 'Wind direction',
          description:
            'Where the wind comes from, clockwise from north: the last reading of each window, since the mean of 350° and 10° is not 180°.',
          unit: grafanaUnit(weather.windDirection),
          queries: [fluxSeries(weatherDataView, { field: 'windDirection', fn: 'last' })],
          style: 'points',
          min: 0,
          max: 360,
          ...byStation,
        }),
        chart({
          id: 15,
          title: 'Precipitation',
          description: 'Sum of each window, by station.',
          unit: grafanaUnit(weather.precipitation),
          queries: [fluxSeries(weatherDataView, { field: 'precipitation', fn: 'sum' })],
          style: 'bars',
          min: 0,
          ...byStation,
        }),
        states({
          id: 16,
          title: 'Rain',
          description: 'When it rained, by station: any reading of a window that says so. A gap: nothing is known.',
          unit: units.Short,
          queries: [fluxFlag(weatherDataView, 'isRain')],
          mappings: isTrue('rain', 'blue'),
          ...byStation,
        }),
        states({
          id: 17,
          title: 'Thunderstorms',
          description:
            'When there was a thunderstorm, by station: any reading of a window that says so. A gap: nothing is known.',
          unit: units.Short,
          queries: [fluxFlag(weatherDataView, 'isStorm')],
          mappings: isTrue('storm', 'purple'),
          ...byStation,
        }),
      ],
    },
    {
      id: 102,
      title: 'Freshness',
      panels: [
        table({
          id: 20,
          title: 'Newest reading by station',
          description:
            'When the last interval of each station ended, and how many intervals ago that was. From three on a station is late, from twelve on silent.',
          unit: units.Short,
          queries: [fluxNewest(weatherDataView, 'intervalMinutes')],
          overrides: [
            {
              fields: 'station_id',
              properties: {
                displayName: 'Station',
                links: [{ title: 'In windrow', url: '${windrow}/?tab=weather&station=${__value.text}' }],
              },
            },
            { fields: 'city', properties: { displayName: 'City' } },
            { fields: 'last_reading', properties: { displayName: 'Start of the newest reading', unit: units.DateTimeFromNow } },
            { fields: 'silent_for', properties: { displayName: 'Silent for', unit: units.Seconds } },
            { fields: 'interval', properties: { displayName: 'Interval', unit: units.Seconds } },
            {
              fields: 'overdue',
              properties: {
                displayName: 'Intervals ago',
                decimals: 1,
                ...coloured(late),
              },
            },
          ],
          ...common,
        }),
      ],
    },
  ],
})
