import { DAY_MS, dayText, HOUR_MS } from '../../../src/core/calendar.ts'

/** What Visual Crossing answers to `…/{first day}/{last day}`: of every hour what `hour` says, and a tenth of its temperature as rain. */
export function visualCrossingAnswer(path: string, hour: (at: number) => { readonly temp: number; readonly source: string }) {
  const [first = '', last = ''] = path.split('/').slice(-2)
  const count = (Date.parse(last) - Date.parse(first)) / DAY_MS + 1
  const days = Array.from({ length: count }, (_, i) => {
    const day = Date.parse(first) + i * DAY_MS
    const hours = Array.from({ length: 24 }, (_, j) => {
      const { temp, source } = hour(day + j * HOUR_MS)
      return { datetimeEpoch: (day + j * HOUR_MS) / 1000, temp, precip: temp / 10, source }
    })
    return { datetime: dayText(day / DAY_MS), datetimeEpoch: day / 1000, hours }
  })
  return { queryCost: 24 * count, timezone: 'Etc/UTC', days }
}
