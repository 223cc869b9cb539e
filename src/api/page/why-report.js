// @ts-check
import { cellText, columnLabel } from './column-text.js'
import { el } from './dom.js'
import { countText, plainNumberText, quantityText, unitText } from './number-format.js'
import { simpleTable } from './simple-table.js'
import { plainTimeText, spanText, timeText } from './zone-time.js'

/** @typedef {import('./types.js').View} View */
/** @typedef {import('./types.js').Row} Row */
/** @typedef {import('./types.js').Why} Why */
/** @typedef {import('./types.js').WhyReading} WhyReading */

/** What became of a reading, in words. */
/** @type {Record<string, string>} */
const FATES = {
  current: 'counts',
  superseded: 'revised later',
  stale: 'older revision',
  duplicate: 'duplicate',
  too_late: 'too late',
  dead_lettered: 'unusable',
}

/** Columns that the summary tells already. */
const TOLD = ['n', 'expected', 'coverage', 'complete', 'window_start', 'city', 'country', 'revised_at', 'updated_at']

/**
 * @param {Why} why
 * @param {string} zone
 */
function summary(why, zone) {
  const lines = []
  if (why.window !== null)
    lines.push(['Window', `${spanText(Date.parse(why.window.start), Date.parse(why.window.end), zone)} (${zone})`])
  if (why.expected !== null) {
    const covered = why.coverage === null ? '' : `, ${quantityText(why.coverage, '1', 0)} covered`
    lines.push(['Readings', `${countText(why.n)} of ${countText(why.expected)}${covered}`])
  }
  if (why.window !== null) lines.push(['State', why.complete ? 'Complete' : 'Open'])
  if (why.waiting_for !== null) lines.push(['Waits for', why.waiting_for])
  const revised = why.row?.revised_at
  if (typeof revised === 'string') lines.push(['Revised', `${timeText(Date.parse(revised), zone)}, the newest of its readings`])
  if (why.watermark !== null) lines.push(['Measured until', timeText(Date.parse(why.watermark), zone)])
  return el(
    'dl',
    { class: 'facts' },
    lines.map(([name, text]) => el('div', {}, el('dt', {}, name), el('dd', {}, text))),
  )
}

/**
 * How far one quantity of the row can be trusted, where the row says so.
 * @param {Row} row
 * @param {string} quantity `pm25`
 */
function trustOf(row, quantity) {
  const [n, coverage, valid] = [row[`${quantity}_n`], row[`${quantity}_coverage`], row[`${quantity}_valid`]]
  if (typeof n !== 'number' || typeof coverage !== 'number') return null
  return `${countText(n)} readings, ${quantityText(coverage, '1', 0)} covered${valid === false ? ', not valid' : ''}`
}

/**
 * @param {View} view
 * @param {Row | null} row
 * @param {string} zone
 */
function values(view, row, zone) {
  if (row === null) return el('p', {}, 'There is no such row: none of the readings below counts in it.')
  const quantities = view.columns.flatMap(({ name }) => (name.endsWith('_valid') ? [name.slice(0, -'_valid'.length)] : []))
  const toldWithMean = quantities.flatMap((quantity) => [`${quantity}_n`, `${quantity}_coverage`, `${quantity}_valid`])
  const columns = view.columns.filter(
    ({ name, is_key }) => !is_key && !TOLD.includes(name) && !toldWithMean.includes(name) && (row[name] ?? null) !== null,
  )
  return el(
    'dl',
    { class: 'values' },
    columns.map((column) => {
      const cell = row[column.name] ?? null
      const trust = trustOf(row, column.name.replace(/_mean$/, ''))
      return el(
        'div',
        { title: column.doc },
        el('dt', {}, columnLabel(column.name)),
        el(
          'dd',
          {},
          typeof cell === 'number' && column.type === 'double' ? quantityText(cell, column.unit) : cellText(column, cell, zone),
        ),
        trust === null ? null : el('dd', { class: 'muted' }, trust),
      )
    }),
  )
}

/**
 * @param {Why} why
 * @param {string} zone
 */
function readings(why, zone) {
  if (why.readings.length === 0) return el('p', { class: 'muted' }, 'No readings are known for this row.')
  const time = (/** @type {string | null} */ instant) => (instant === null ? '–' : plainTimeText(Date.parse(instant), zone))
  const fields = [...new Map(why.readings.flatMap((reading) => reading.values.map(({ field, unit }) => [field, unit])))]
  /** @type {import('./simple-table.js').SimpleColumn<WhyReading>[]} */
  const subKey = why.readings.some(({ sub_key }) => sub_key !== '') ? [{ title: 'Series', cell: ({ sub_key }) => sub_key }] : []
  const measured = fields.map(([field, unit]) => ({
    title: `${columnLabel(field)}${unit === null ? '' : `, ${unitText(unit)}`}`,
    number: unit !== null,
    cell: (/** @type {WhyReading} */ reading) => {
      const value = reading.values.find((each) => each.field === field)?.value ?? null
      return valueText(value)
    },
  }))
  return simpleTable(
    'Readings of this row',
    [
      { title: 'Time', cell: ({ timestamp }) => time(timestamp) },
      ...subKey,
      { title: 'Fate', cell: ({ fate }) => el('span', { class: `fate fate-${fate}` }, FATES[fate] ?? fate) },
      ...measured,
      { title: 'Revised', cell: ({ revised_at }) => time(revised_at) },
      { title: 'Ingested', cell: ({ ingested_at }) => time(ingested_at) },
      { title: 'Origin', cell: ({ data_origin }) => data_origin },
      { title: 'Log', cell: ({ topic, partition, offset }) => el('span', { class: 'mono' }, `${topic} ${partition}@${offset}`) },
    ],
    why.readings,
    ({ fate }) => (fate === 'current' ? null : 'unused'),
  )
}

/** @param {import('./types.js').Cell} value */
function valueText(value) {
  if (value === null) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'number' ? plainNumberText(value) : value
}

/**
 * The row, its window, and every reading that touched it.
 * @param {View} view
 * @param {Why} why
 * @param {string} zone
 * @returns {Node[]}
 */
export function whyReport(view, why, zone) {
  const more = el(
    'p',
    { class: 'muted' },
    `The first ${countText(why.readings.length)} readings; `,
    el('code', {}, 'windrow why'),
    ' lists all.',
  )
  return [
    summary(why, zone),
    el('h3', {}, 'The row'),
    values(view, why.row, zone),
    el('h3', {}, 'The readings that made it'),
    readings(why, zone),
    ...(why.truncated ? [more] : []),
  ]
}
