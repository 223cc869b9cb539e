import { describe, expect, test } from 'vitest'
import { serverOfFile, startServer } from './start-server.ts'

const shared = serverOfFile()

describe('the schema registry, as its clients know it', () => {
  test('lists subjects and their versions', async () => {
    expect((await shared().get('/subjects')).body).toEqual(['air.readings-value', 'weather.readings-value'])
    expect((await shared().get('/subjects/air.readings-value/versions')).body).toEqual([1, 2])
  })

  test.each(['2', 'latest', '-1'])('gives version %s of a subject', async (version) => {
    const { body } = await shared().get(`/subjects/air.readings-value/versions/${version}`)
    expect(body).toEqual({ subject: 'air.readings-value', version: 2, id: 4, schema: expect.stringContaining('"AirReading"') })
  })

  test('gives a schema by the id that a record begins with, whatever else the client asks about it', async () => {
    const { app } = shared()
    const response = await app.inject('/schemas/ids/2?fetchMaxId=false&subject=weather.readings-value')
    expect(response.headers['content-type']).toBe('application/vnd.schemaregistry.v1+json')
    expect(JSON.parse(response.json().schema).name).toBe('WeatherReading')
    expect((await app.inject('/schemas/ids/2/schema')).json().name).toBe('WeatherReading')
    expect((await app.inject('/subjects/weather.readings-value/versions/1/schema')).json().name).toBe('WeatherReading')
    expect((await app.inject('/schemas/types')).json()).toEqual(['AVRO'])
  })

  test.each([
    ['/subjects/nothing/versions', 404, 40401],
    ['/subjects/nothing/versions/1', 404, 40401],
    ['/subjects/air.readings-value/versions/3', 404, 40402],
    ['/subjects/air.readings-value/versions/0', 422, 42202],
    ['/subjects/air.readings-value/versions/newest', 422, 42202],
    ['/schemas/ids/99', 404, 40403],
    ['/schemas/ids/x', 404, 40403],
  ])('%s is %i with error_code %i', async (url, status, errorCode) => {
    expect(await shared().get(url)).toEqual({ status, body: { error_code: errorCode, message: expect.any(String) } })
  })

  test('takes no schema: windrow registers its own', async () => {
    const response = await shared().app.inject({ method: 'POST', url: '/subjects/x/versions', payload: { schema: '"string"' } })
    expect({ status: response.statusCode, ...response.json() }).toMatchObject({ status: 403, error_code: 40301 })
  })

  test('failures have their own code, and are logged', async () => {
    const failing = { subjects: () => Promise.reject(new Error('disk')), versions: async () => [], schemaById: async () => null }
    const { get, logged } = startServer({}, { schemaRegistry: failing })
    expect(await get('/subjects')).toMatchObject({ status: 500, body: { error_code: 50001 } })
    expect(logged).toHaveLength(1)
  })
})
