// @ts-check
import { el, fill, keepPlaces } from '../dom.js'
import { quantitiesOf, shareText } from '../quantities.js'
import { simpleTable } from '../simple-table.js'
import { statisticsOf } from '../statistics.js'
import { spanTexts } from '../zone-time.js'

/** @typedef {import('../types.js').Entry} Entry */
/** @typedef {import('../quantities.js').Quantity} Quantity */
/** @typedef {{ quantity: Quantity, statistics: import('../statistics.js').Statistics }} Line */

const MEASURED = 'The share of the range that readings with this quantity cover.'

/**
 * An extreme with its time below it.
 * @param {import('../statistics.js').Extreme | null} extreme
 * @param {Quantity} quantity
 * @param {(entry: Entry) => string} timeOf
 */
function extremeCell(extreme, quantity, timeOf) {
  if (extreme === null) return '–'
  return [quantity.text(extreme.value), el('span', { class: 'when' }, timeOf(extreme.entry))]
}

/**
 * The columns of statistics of a range.
 * @template {Line} T
 * @param {boolean} sums Whether there are any.
 * @param {(line: T, entry: Entry) => string} timeOf
 * @returns {import('../simple-table.js').SimpleColumn<T>[]}
 */
export function statisticColumns(sums, timeOf) {
  const text = (/** @type {number | null} */ value, /** @type {T} */ { quantity }) =>
    value === null ? '–' : quantity.text(value)
  return [
    { title: 'Mean', cell: (line) => text(line.statistics.mean, line), number: true },
    {
      title: 'Lowest',
      cell: (line) => extremeCell(line.statistics.low, line.quantity, (entry) => timeOf(line, entry)),
      number: true,
    },
    {
      title: 'Highest',
      cell: (line) => extremeCell(line.statistics.high, line.quantity, (entry) => timeOf(line, entry)),
      number: true,
    },
    ...(sums ? [{ title: 'Sum', cell: (/** @type {T} */ line) => text(line.statistics.sum, line), number: true }] : []),
    { title: 'Measured', cell: ({ statistics }) => shareText(statistics.covered), number: true, doc: MEASURED },
  ]
}

/**
 * Mean, extremes, sum and coverage of every quantity that a step shows, over what is shown.
 * @param {{ kind: string, step: import('./section-spec.js').Step, zone: string }} options
 */
export function createSectionStatistics({ kind, step, zone }) {
  const kept = quantitiesOf(kind, step.id)
  const sums = kept.some(({ quantity }) => quantity.kind === 'sum')
  const wholes = kept.some(({ quantity }) => quantity.kind !== 'mean')
  const table = el('div')
  const window = step.label.toLowerCase()
  const element = el(
    'section',
    { class: 'block' },
    el(
      'header',
      {},
      el('h2', {}, 'Statistics'),
      el(
        'p',
        { class: 'muted' },
        `Over the ${window} that are shown. A mean weighs each by its readings${wholes ? `; where ${window} count as wholes, only complete ones do: sums, shares, amplitudes` : ''}.`,
      ),
    ),
    table,
  )
  return {
    element,
    /**
     * @param {Entry[]} entries
     * @param {[number, number]} range
     */
    update(entries, range) {
      element.hidden = entries.length === 0
      const lines = kept.map(({ quantity, source }) => ({
        quantity,
        statistics: statisticsOf(entries, quantity.kind, source, range),
      }))
      const textOf = spanTexts(entries)
      /** @type {import('../simple-table.js').SimpleColumn<Line>[]} */
      const columns = [
        { title: 'Quantity', cell: ({ quantity }) => quantity.label },
        ...statisticColumns(sums, (_line, entry) => textOf(entry, zone)),
      ]
      keepPlaces(table, () => fill(table, simpleTable('Statistics of the range', columns, lines)))
    },
  }
}
