import { InfluxClient } from '../../src/sinks/influxdb/influx-client.ts'
import { prepareBucket } from '../../src/sinks/influxdb/prepare-bucket.ts'
import type { Cell, View, ViewColumn } from '../../src/views/view.ts'
import type { OpenRawWriter } from './raw-writer.ts'

const BATCH_ROWS = 5_000
const WRITERS = 4

/** Line protocol in batches, several at once, for a key of a station and an instant and texts without anything to escape. */
export const openRawInflux: OpenRawWriter = async (environment, view) => {
  const { INFLUX_URL: url = '', INFLUX_TOKEN: token = '', INFLUX_ORG: org = '' } = environment
  const client = new InfluxClient({ url, token, org, bucket: 'raw' })
  await prepareBucket(client, [])
  const line = lineOf(view)
  return {
    async write(rows) {
      let next = 0
      const writeSome = async (): Promise<void> => {
        while (next < rows.length) {
          const from = next
          next += BATCH_ROWS
          await client.write(rows.slice(from, from + BATCH_ROWS).map(line))
        }
      }
      await Promise.all(Array.from({ length: WRITERS }, writeSome))
    },
    async close() {
      client.close()
    },
  }
}

function lineOf(view: View): (cells: readonly Cell[]) => string {
  const index = (name: string): number => view.columns.findIndex(({ column }) => column === name)
  const [station, city, country] = [index('station_id'), index('city'), index('country')]
  const time = view.columns.findIndex(({ isKey, type }) => isKey && type === 'instant')
  const fields = view.columns.flatMap(
    (column, i): Array<readonly [string, number, string]> =>
      [station, city, country, time].includes(i) ? [] : [[`${column.column}=`, i, suffix(column)]],
  )
  return (cells) => {
    let text = ''
    for (const [name, i, end] of fields) {
      const cell = cells[i]
      if (cell !== null) text += `${text === '' ? '' : ','}${name}${cell}${end}`
    }
    const tags = `city=${escaped(cells[city])},country=${escaped(cells[country])},station_id=${escaped(cells[station])}`
    return `${view.name},${tags} ${text} ${cells[time]}`
  }
}

const suffix = ({ type }: ViewColumn): string => (type === 'count' || type === 'instant' ? 'i' : '')
const escaped = (cell: Cell | undefined): string => String(cell).replaceAll(' ', '\\ ')
