import { isWindrowError } from '../../core/errors.ts'
import { canonicalKey } from '../../views/row-key.ts'
import type { Cell, View } from '../../views/view.ts'
import type { InfluxClient } from './influx-client.ts'
import { pointPlan } from './point-plan.ts'
import { allPoints, type FoundPoint } from './stored-points.ts'

/**
 * All rows of a view that InfluxDB holds, cells in the view's order, in bounded pieces: station by station, of a station by time. (A point whose
 * city was changed by hand stands in another series, and is there twice.) None where there is no bucket yet.
 */
export async function* influxRows(client: InfluxClient, view: View): AsyncGenerator<readonly Cell[][]> {
  try {
    for await (const points of allPoints(client, pointPlan(view)))
      yield points.map(({ decoder, values }) => decoder.cells(values))
  } catch (error) {
    if (!isWindrowError(error, 'WR_INFLUX_FORBIDDEN') || error.facts.isMissing !== true) throw error
  }
}

/** The canonical key of the row that a point is. */
export function keyOfPoint({ decoder, values }: FoundPoint): string {
  return canonicalKey(decoder.view, decoder.keyCells(values))
}
