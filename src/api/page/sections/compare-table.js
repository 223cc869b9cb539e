// @ts-check
import { keyOf } from '../charts/legend.js'
import { numberOf } from '../charts/row-values.js'
import { el, fill, keepPlaces } from '../dom.js'
import { stationLabel } from '../filter-bar.js'
import { newestOf } from '../range.js'
import { simpleTable } from '../simple-table.js'
import { spanTexts, timeText } from '../zone-time.js'
import { statisticColumns } from './section-statistics.js'

/** @typedef {import('../types.js').Entry} Entry */
/** @typedef {import('../types.js').Station} Station */
/**
 * What is told of one station.
 * @typedef {object} CompareLine
 * @property {Station} station
 * @property {{ color: string, look: import('../charts/chart-options.js').LegendItem['look'] }} style
 * @property {import('../quantities.js').Quantity} quantity
 * @property {import('../quantities.js').Source} source
 * @property {Entry[]} entries
 * @property {import('../statistics.js').Statistics} statistics
 */

/**
 * @param {CompareLine} line
 * @param {(line: CompareLine, entry: Entry) => string} timeOf
 */
function lastCell(line, timeOf) {
  const { entries, quantity, source, station } = line
  const read = numberOf(source.column)
  const last = entries.findLast(({ row }) => read(row) !== null)
  const value = last === undefined ? null : read(last.row)
  if (last === undefined || value === null)
    return ['–', el('span', { class: 'when' }, `measured until ${timeText(newestOf(station), station.time_zone)}`)]
  const soFar = last.row.complete === false ? ', so far' : ''
  return [quantity.text(value), el('span', { class: 'when' }, timeOf(line, last) + soFar)]
}

/**
 * The statistics of every station that is compared.
 * @param {object} options
 * @param {import('../quantities.js').Quantity} options.quantity
 * @param {import('./section-spec.js').Step} options.step
 * @param {(station: Station) => void} options.onPick
 * @param {(station: Station) => string} options.addressOf
 */
export function createCompareTable({ quantity: { kind }, step, onPick, addressOf }) {
  const window = step.label.toLowerCase()
  const counts =
    kind === 'mean'
      ? `A mean weighs the ${window} by their readings.`
      : `Mean and extremes are those of the ${window} that are complete.`
  const host = el('div')
  const element = el(
    'section',
    { class: 'block' },
    el(
      'header',
      {},
      el('h2', {}, 'Statistics'),
      el('p', { class: 'muted' }, `Over the ${window} that are shown, in the times of each station's own zone. ${counts}`),
    ),
    host,
  )
  const stationCell = (/** @type {CompareLine} */ { station, style }) => {
    const link = el('a', { href: addressOf(station) }, stationLabel(station))
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      onPick(station)
    })
    return el('span', { class: 'legend-item' }, keyOf(style), link)
  }
  return {
    element,
    /** @param {CompareLine[]} lines */
    update(lines) {
      const textOf = spanTexts(lines.flatMap(({ entries }) => entries).sort((left, right) => left.start - right.start))
      const timeOf = (/** @type {CompareLine} */ { station }, /** @type {Entry} */ entry) => textOf(entry, station.time_zone)
      /** @type {import('../simple-table.js').SimpleColumn<CompareLine>[]} */
      const columns = [
        { title: 'Station', cell: stationCell },
        { title: 'Last', cell: (line) => lastCell(line, timeOf), number: true },
        ...statisticColumns(kind === 'sum', timeOf),
        { title: 'Zone', cell: ({ station }) => station.time_zone },
      ]
      keepPlaces(host, () => fill(host, simpleTable('Statistics by station', columns, lines)))
    },
  }
}
