// @ts-check
import { el } from './dom.js'

/** @typedef {import('./dom.js').Child} Child */
/**
 * @template T
 * @typedef {object} SimpleColumn
 * @property {string} title
 * @property {(item: T) => Child | Child[]} cell
 * @property {boolean} [number]
 * @property {string} [doc]
 * @property {boolean} [heads] its cells name the lines; without it the first column's do
 */

/**
 * A small table that is drawn anew each time.
 * @template T
 * @param {string} caption
 * @param {SimpleColumn<T>[]} columns
 * @param {T[]} items
 * @param {(item: T) => string | null} [classOf]
 */
export function simpleTable(caption, columns, items, classOf = () => null) {
  const head = columns.map(({ title, number, doc }) =>
    el('th', { scope: 'col', class: number ? 'number' : null, title: doc ?? null }, title),
  )
  const heading = Math.max(
    0,
    columns.findIndex(({ heads }) => heads),
  )
  const line = (/** @type {T} */ item) =>
    el(
      'tr',
      { class: classOf(item) },
      columns.map(({ cell, number }, index) =>
        el(
          index === heading ? 'th' : 'td',
          { scope: index === heading ? 'row' : null, class: number ? 'number' : null },
          cell(item),
        ),
      ),
    )
  return el(
    'div',
    { class: 'table-frame', tabindex: '0', role: 'region', 'aria-label': caption },
    el(
      'table',
      {},
      el('caption', { class: 'visually-hidden' }, caption),
      el('thead', {}, el('tr', {}, head)),
      el('tbody', {}, items.map(line)),
    ),
  )
}
