import type { InfluxClient } from '../../../src/sinks/influxdb/influx-client.ts'
import { influxRows } from '../../../src/sinks/influxdb/view-rows.ts'
import type { Cell, View } from '../../../src/views/view.ts'

export async function readRows(client: InfluxClient, view: View): Promise<Cell[][]> {
  const rows: Cell[][] = []
  for await (const page of influxRows(client, view)) rows.push(...page)
  return rows
}
