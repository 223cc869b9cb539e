// @ts-check
import { cellText, columnLabel, columnUnit, isNumeric } from './column-text.js'
import { el, fill } from './dom.js'

/** @typedef {import('./types.js').Column} Column */
/** @typedef {import('./types.js').View} View */
/** @typedef {import('./types.js').Row} Row */

/** Columns that say how far a number can be trusted, shown at the end. */
const TRUST = ['n', 'expected', 'coverage', 'complete']
const HOUSEKEEPING = ['city', 'country', 'window_start', 'revised_at', 'updated_at']

/**
 * The columns that matter where the station is known: its time, the quantities, and how far they can be trusted.
 * @param {View} view
 * @returns {Column[]}
 */
export function mainColumns(view) {
  const quantities = view.columns.filter(
    ({ name, is_key, type }) =>
      !is_key && type === 'double' && !TRUST.includes(name) && !HOUSEKEEPING.includes(name) && !name.endsWith('_coverage'),
  )
  const flags = view.columns.filter(({ name }) => name.includes('exceeds'))
  const named = (/** @type {string} */ wanted) => view.columns.filter(({ name }) => name === wanted)
  return [...named(view.time_column ?? ''), ...quantities, ...flags, ...TRUST.flatMap(named)]
}

/**
 * @param {Column} column
 * @param {Row} row
 * @param {string} zone
 */
function cell(column, row, zone) {
  const quantity = column.name.replace(/_(mean|min|max|sum)$/, '')
  const doubtful = row[`${quantity}_valid`] === false
  const classes = [
    isNumeric(column) ? 'number' : '',
    doubtful ? 'doubtful' : '',
    column.name === 'complete' ? `state-${row.complete === true ? 'complete' : 'open'}` : '',
  ]
  const text = cellText(column, row[column.name] ?? null, zone)
  return el(
    'td',
    { class: classes.join(' ').trim() || null, title: doubtful ? 'Under 75 % of the window was measured.' : null },
    text,
  )
}

/** Takes the width that is left, so that the columns stay together. */
const filler = () => el('td', { class: 'filler', 'aria-hidden': 'true' })

/**
 * A table of rows. A row opens its explanation.
 * @param {{ view: View, caption: string, zoneOf: (row: Row) => string, onPick: (row: Row) => void }} options
 */
export function createRowTable({ view, caption, zoneOf, onPick }) {
  /** @type {Map<string, { text: string, element: HTMLTableRowElement }>} */
  let drawn = new Map()
  const head = el('thead')
  const body = el('tbody')
  const element = el(
    'div',
    { class: 'table-frame', tabindex: '0', role: 'region', 'aria-label': caption },
    el('table', {}, el('caption', { class: 'visually-hidden' }, caption), head, body),
  )

  const firstCell = (/** @type {Column} */ column, /** @type {Row} */ row) => {
    const text = cellText(column, row[column.name] ?? null, zoneOf(row))
    const button = el('button', { type: 'button', class: 'row-button', title: 'Why this number?' }, text)
    return el('th', { scope: 'row' }, button)
  }
  const line = (/** @type {Column[]} */ columns, /** @type {Row} */ row, /** @type {boolean} */ changed) =>
    el(
      'tr',
      {
        class: `${row.complete === false ? 'open' : ''} ${changed ? 'changed' : ''}`.trim() || null,
        on: { click: () => onPick(row) },
      },
      columns.map((column, index) => (index === 0 ? firstCell(column, row) : cell(column, row, zoneOf(row)))),
      filler(),
    )
  return {
    element,
    /**
     * @param {Column[]} columns
     * @param {Row[]} rows
     */
    update(columns, rows) {
      const names = columns.map(({ name }) => name).join()
      if (head.dataset.columns !== names) {
        head.dataset.columns = names
        drawn = new Map()
        const title = (/** @type {Column} */ column) =>
          el(
            'th',
            { scope: 'col', class: isNumeric(column) ? 'number' : null, title: column.doc },
            columnLabel(column.name),
            columnUnit(column) ? el('span', { class: 'unit' }, columnUnit(column)) : null,
          )
        fill(head, el('tr', {}, columns.map(title), filler()))
      }
      /** @type {typeof drawn} */
      const next = new Map()
      for (const row of rows) {
        const key = JSON.stringify(view.key.map((name) => row[name]))
        const text = JSON.stringify(row)
        const known = drawn.get(key)
        next.set(
          key,
          known?.text === text
            ? known
            : { text, element: line(columns, row, drawn.size > 0 && (known !== undefined || rows.indexOf(row) === 0)) },
        )
      }
      const focused = document.activeElement?.closest('tr')
      const focusedKey = [...drawn].find(([, { element }]) => element === focused)?.[0]
      const lines = [...next.values()].map((each) => each.element)
      if (lines.length !== body.children.length || lines.some((each, i) => body.children[i] !== each))
        body.replaceChildren(...lines)
      drawn = next
      if (focusedKey !== undefined) next.get(focusedKey)?.element.querySelector('button')?.focus({ preventScroll: true })
    },
  }
}
