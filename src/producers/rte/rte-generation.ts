import { answerShape } from '../http/answer-shape.ts'
import { stationOptions } from '../stations/station-options.ts'
import type { StationOption, UpstreamKind } from '../upstream-kind.ts'
import { type RteSeries, rteAnswerSchema } from './rte-answer.ts'
import { RTE_API } from './rte-api.ts'
import { rteSource } from './rte-source.ts'

const NAME = 'rte-generation'
const TITLE = 'RTE generation'
const PER_TYPE = 'actual_generations_per_production_type'
const MIX = 'generation_mix_15min_time_scale'

/** The mix divides some types further; the sum of a type has this subtype. */
const WHOLE_TYPE = 'TOTAL'

const options = {
  resource: {
    description: `What is asked: ${PER_TYPE} (the default), or ${MIX}, which has every 15 minutes also what the other has by the hour.`,
    default: PER_TYPE,
    values: [PER_TYPE, MIX],
  },
  productionTypes: {
    description: 'Types of production, separated by commas, for instance SOLAR,NUCLEAR; nothing: all that RTE has, in one call.',
    default: '',
    pattern: '(?:[A-Z][A-Z0-9_]*(?:,[A-Z][A-Z0-9_]*)*)?',
  },
} satisfies Readonly<Record<string, StationOption>>

const shapeOf = (resource: string) =>
  answerShape<Readonly<Record<string, readonly RteSeries[]>>>("RTE's generation", rteAnswerSchema(resource, 'production_type'))

const shapes = new Map([PER_TYPE, MIX].map((resource) => [resource, shapeOf(resource)]))

/** What France's power stations produce, by RTE: a series a type of production. */
export const rteGeneration: UpstreamKind = {
  ...RTE_API,
  name: NAME,
  title: TITLE,
  stationOptions: options,
  open: (source) => {
    const { resource, productionTypes } = stationOptions({ name: NAME, stationOptions: options }, source.station)
    const types = [...new Set(productionTypes.split(','))].filter((type) => type !== '')
    const shape = shapes.get(resource) as ReturnType<typeof shapeOf>
    const subtype = resource === MIX ? { production_subtype: WHOLE_TYPE } : {}
    return rteSource(
      {
        name: NAME,
        title: TITLE,
        path: `/open_api/actual_generation/v1/${resource}`,
        queries: types.length === 0 ? [subtype] : types.map((type) => ({ production_type: type, ...subtype })),
        // All types together are a dozen series.
        maxDays: types.length === 0 ? 31 : 150,
        seriesOf: (answer) => shape(answer)[resource] ?? [],
        labelOf: ({ production_type: productionType = '', production_subtype }) => {
          const isAsked = types.length === 0 || types.includes(productionType)
          const isWhole = production_subtype === undefined || production_subtype === WHOLE_TYPE
          return isAsked && isWhole ? { series: 'production', productionType } : null
        },
      },
      source,
    )
  },
}
