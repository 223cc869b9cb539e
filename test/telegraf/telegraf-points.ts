import { airReadings } from '../../src/events/air.ts'
import { energyReadings } from '../../src/events/energy.ts'
import type { EventType } from '../../src/events/event-type.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import { pointPlan } from '../../src/sinks/influxdb/point-plan.ts'
import type { View } from '../../src/views/view.ts'
import { weatherDataView } from '../../src/views/weather.ts'
import { type TelegrafField, telegrafSchema } from './telegraf-schema.ts'

/** What the points of one topic are in the bucket that Telegraf writes. */
export interface TelegrafPoints {
  readonly event: EventType
  readonly measurement: string
  /** Tags that identify the reading together with its time. */
  readonly keyTags: readonly string[]
  readonly fields: readonly TelegrafField[]
}

/** Tags beside those. A text that no tag can hold is the field `city_exact` or `country_exact` too. */
export const PLACE_TAGS = ['city', 'country'] as const
const EXACT = PLACE_TAGS.map((tag) => `${tag}_exact`)

/** Topics of readings as Telegraf writes them: weather as the view `weather_data`, the others whole. */
export const telegrafPoints: readonly TelegrafPoints[] = [
  pointsOfView(weatherReadings, weatherDataView),
  pointsOfReadings(energyReadings, 'energy_readings'),
  pointsOfReadings(airReadings, 'air_readings'),
]

/** Throws where a column of the view is no field of the reading, or of another type. */
export function pointsOfView(event: EventType, view: View): TelegrafPoints {
  const plan = pointPlan(view)
  const known = telegrafSchema(event).fields
  const fields = plan.fields
    .filter(([name]) => !EXACT.includes(name))
    .map(([name, type]): TelegrafField => {
      const field = known.find((each) => each.name === name)
      if (field?.type !== type)
        throw new Error(`${view.name}.${name} is a ${type}, and in the reading ${field?.type ?? 'missing'}`)
      return field
    })
  return { event, measurement: view.name, keyTags: plan.keyTags.map(({ column }) => column), fields }
}

function pointsOfReadings(event: EventType, measurement: string): TelegrafPoints {
  const keyTags = [event.keyField, ...event.subKeyFields]
  const noFields = new Set(['timestamp', ...keyTags, ...PLACE_TAGS])
  return { event, measurement, keyTags, fields: telegrafSchema(event).fields.filter(({ name }) => !noFields.has(name)) }
}
