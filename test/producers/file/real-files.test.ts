import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { fileSource } from '../../../src/producers/file/file-source.ts'
import { type Polled, polled } from '../polled.ts'

const data = (path: string): string => fileURLToPath(new URL(`../../../../shared/data/${path}`, import.meta.url))
const isThere = existsSync(data('README.md'))

async function read(path: string): Promise<Polled> {
  const poll = await polled(await fileSource({ path: data(path) }))
  expect([poll.error, poll.bad]).toEqual([null, []])
  return poll
}

// Skipped where the recorded files are not beside the project: they are no part of it.
test.runIf(isThere)('The recorded files are read whole, each as what it is', async () => {
  const air = await read('airqino/283164601.json')
  expect(air.readings).toHaveLength(8535)
  expect(air.readings[0]).toMatchObject({
    stationId: '283164601',
    location: { latitude: 5.369345664978027, timeZone: 'UTC' },
    pm25: 2.9333334,
  })
  const energy = await read('energy/eco2mix-national-2025-01.csv')
  expect(energy.readings).toHaveLength(2976 * 7)
  expect(new Set(energy.readings.map(({ productionType }) => productionType))).toEqual(
    new Set([null, 'SOLAR', 'WIND', 'NUCLEAR', 'HYDRO', 'GAS', 'BIOENERGY']),
  )
  for (const station of ['paris-2025q1', 'madrid-2025q1']) {
    const weather = await read(`weather/${station}.csv`)
    expect(weather.readings).toHaveLength(90 * 24)
    expect(new Set(weather.readings.map(({ stationId }) => stationId))).toEqual(new Set([station]))
  }
})
