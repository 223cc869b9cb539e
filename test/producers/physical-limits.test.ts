import { expect, test } from 'vitest'
import type { EventType } from '../../src/events/event-type.ts'
import { beyondLimits } from '../../src/events/physical-limits.ts'
import type { Reading } from '../../src/events/reading.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import { produce } from '../../src/producers/produce.ts'
import { manualClock } from '../../src/testing/manual-clock.ts'
import { memoryKv } from '../../src/testing/memory-kv.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { air, HOUR, listSource, type Said, START } from './list-source.ts'
import { readingsIn } from './published.ts'
import { keepingLogger } from './quiet-logger.ts'

test('What is physically impossible is dead-lettered once, with its reason, and the rest is published', async () => {
  const log = memoryLog()
  const kv = memoryKv()
  const values = [0, 1500, 1500.1, -0.1]
  const said = values.map((value, hour): Said => ({ station: 'a', hour, value }))
  const logger = keepingLogger()
  const source = listSource(() => said)
  const poll = () => produce({ log: log.connect(), kv, source, partitions: 2, clock: manualClock(START + 100 * HOUR), logger })
  expect(await poll()).toMatchObject({ published: 2, deadLettered: 2 })
  expect(await poll()).toMatchObject({ published: 0, deadLettered: 0, deadLetteredBefore: 2 })
  expect(await readingsIn(log.connect(), air)).toHaveLength(2)
  const [first] = logger.lines.filter(({ facts }) => facts.code === 'WR_READING_LIMITS')
  expect(first?.message).toBe(
    'The field co of this air reading is physically impossible: it is 1500.1 mg/m3, and must be between 0 and 1500.',
  )
})

test('The message names the field as the schema does, and degrees as people write them', () => {
  const message = (column: string, value: number): string | undefined =>
    beyondLimits(weatherReadings as EventType, { [column]: value } as unknown as Reading)?.message
  expect(message('windSpeed', -1)).toContain('The field wind_speed of this weather reading')
  expect(message('temperature', 1000)).toMatch(/^The field temperature .*: it is 1000 °C, and must be/)
})
