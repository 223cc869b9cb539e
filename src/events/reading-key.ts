import { planOf } from './event-plan.ts'
import type { EventType } from './event-type.ts'
import type { Reading } from './reading.ts'
import { SUB_KEY_SEPARATOR } from './reading-limits.ts'

/** The station or zone id; its UTF-8 bytes, without framing, are the record's key. */
export function readingKey<R extends Reading>(event: EventType<R>, reading: R): string {
  return textOf(reading, planOf(event).keyName)
}

/** The non-null sub-key fields joined by `/`, for instance `production/SOLAR`; empty where the event has no sub-key. */
export function subKeyOf<R extends Reading>(event: EventType<R>, reading: R): string {
  if (event.subKeyFields.length === 0) return ''
  let subKey = ''
  for (const { role, name } of planOf(event).fields) {
    if (role !== 'subKey') continue
    const text = textOf(reading, name)
    if (text !== '') subKey = subKey === '' ? text : subKey + SUB_KEY_SEPARATOR + text
  }
  return subKey
}

function textOf(reading: Reading, name: string): string {
  return ((reading as unknown as Readonly<Record<string, unknown>>)[name] as string | null | undefined) ?? ''
}
