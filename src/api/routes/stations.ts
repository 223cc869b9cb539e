import type { FastifyInstance } from 'fastify'
import type { ApiPorts } from '../ports.ts'
import { stationOnWire } from '../wire.ts'

interface StationsParameters {
  readonly kind?: string
  readonly city?: string
  readonly country?: string
}

export function stationsRoute(app: FastifyInstance, ports: Pick<ApiPorts, 'stations'>): void {
  const text = { type: 'string' }
  app.get<{ Querystring: StationsParameters }>(
    '/api/stations',
    {
      schema: {
        tags: ['Views'],
        summary: 'Every station and zone: place, cadence, first and last reading.',
        querystring: { type: 'object', additionalProperties: false, properties: { kind: text, city: text, country: text } },
        response: { 200: { type: 'object', additionalProperties: true }, '4xx': { $ref: 'ErrorBody#' } },
      },
    },
    async (request) => {
      const { kind, city, country } = request.query
      const wanted = (await ports.stations()).filter(
        (station) =>
          (kind === undefined || station.kind === kind) &&
          (city === undefined || station.city === city) &&
          (country === undefined || station.country === country),
      )
      return { stations: wanted.map(stationOnWire) }
    },
  )
}
