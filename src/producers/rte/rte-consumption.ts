import { answerShape } from '../http/answer-shape.ts'
import { stationOptions } from '../stations/station-options.ts'
import type { UpstreamKind } from '../upstream-kind.ts'
import { type RteSeries, rteAnswerSchema } from './rte-answer.ts'
import { RTE_API } from './rte-api.ts'
import { rteSource } from './rte-source.ts'

const NAME = 'rte-consumption'
const TITLE = 'RTE consumption'
const TYPE = 'REALISED'

const shape = answerShape<{ readonly short_term: readonly RteSeries[] }>(
  "RTE's consumption",
  rteAnswerSchema('short_term', 'type'),
)

/** What France consumes, by RTE: a value every 15 minutes, revised for up to a year. */
export const rteConsumption: UpstreamKind = {
  ...RTE_API,
  name: NAME,
  title: TITLE,
  open: (options) => {
    stationOptions({ name: NAME, stationOptions: {} }, options.station)
    return rteSource(
      {
        name: NAME,
        title: TITLE,
        path: '/open_api/consumption/v1/short_term',
        queries: [{ type: TYPE }],
        // 150 are known to be accepted, 200 to be refused.
        maxDays: 150,
        seriesOf: (answer) => shape(answer).short_term,
        // What is no measurement is a forecast.
        labelOf: ({ type }) => (type === TYPE ? { series: 'consumption', productionType: null } : null),
      },
      options,
    )
  },
}
