import { expect, test } from 'vitest'
import { airReadings } from '../../../src/events/air.ts'
import { energyReadings } from '../../../src/events/energy.ts'
import { weatherReadings } from '../../../src/events/weather.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { airReading, energyReading, weatherReading } from '../../events/readings.ts'
import { tempDirectory } from '../temp-directory.ts'
import { bringUp, bronzeOf, EVENTS, inLogOrder, lakeRows, lakeWorld, silverOf } from './lake-world.ts'

const HOUR = 3_600_000

test('bronze holds every record once, with all its fields; silver the latest revision of each reading', async () => {
  const folder = tempDirectory()
  const world = await lakeWorld(memoryLog())
  await world.publish(weatherReadings, [
    weatherReading,
    { ...weatherReading, timestamp: weatherReading.timestamp + 30 * HOUR, ingestedAt: weatherReading.ingestedAt + 31 * HOUR },
  ])
  await world.publish(weatherReadings, [
    { ...weatherReading, temperature: 3, revisedAt: weatherReading.ingestedAt, dataOrigin: 'other' },
    { ...weatherReading, humidity: null, stationId: 'Zürich' },
  ])
  await world.publish(energyReadings, [energyReading, { ...energyReading, series: 'consumption', productionType: null }])
  await world.publish(airReadings, [airReading])
  await world.publishBytes(airReadings, 'smart188', new Uint8Array([1, 2, 3]), 'WR_WIRE_FORMAT')
  await world.publishBytes(airReadings, 'smart188', null, 'WR_RECORD_TOMBSTONE')
  await bringUp(folder, world.log)
  for (const event of EVENTS) {
    expect(await lakeRows(folder, 'bronze', event)).toEqual(inLogOrder(bronzeOf(event, world.published)))
    expect(await lakeRows(folder, 'silver', event)).toEqual(inLogOrder(silverOf(event, world.published)))
  }
})
