// @ts-check
import { columnLabel } from '../column-text.js'
import { el, fill } from '../dom.js'
import { createDownloads, createPager, shownText } from '../pager.js'
import { createRowTable, mainColumns } from '../row-table.js'

const PAGE = 24

/**
 * The rows behind the charts: newest first, a page at a time, with the files to download.
 * @param {{ view: import('../types.js').View, station: import('../types.js').Station, onPick: (row: import('../types.js').Row) => void }} options
 */
export function createSectionTable({ view, station, onPick }) {
  /** @type {import('../types.js').Entry[]} */
  let entries = []
  let first = 0
  const table = createRowTable({ view, caption: `Rows of ${view.name}, newest first`, zoneOf: () => station.time_zone, onPick })
  const pager = createPager({ onNewer: () => turn(-PAGE), onOlder: () => turn(PAGE) })
  const downloads = createDownloads()
  const all = el('input', { type: 'checkbox', on: { change: () => draw() } })
  const what = el(
    'div',
    {},
    el('h2', {}, columnLabel(view.name)),
    el('p', { class: 'muted' }, `${view.doc} Times of ${station.time_zone}. Choose a row to see why it is what it is.`),
  )
  const element = el(
    'section',
    { class: 'rows' },
    el('header', {}, what, downloads.element),
    table.element,
    el('footer', {}, pager.element, el('label', { class: 'check' }, all, 'All columns')),
  )

  function turn(/** @type {number} */ by) {
    first = Math.max(0, first + by)
    draw()
  }
  function draw() {
    if (first >= entries.length) first = 0
    const shown = entries.slice(Math.max(0, entries.length - first - PAGE), entries.length - first).reverse()
    table.update(
      all.checked ? view.columns : mainColumns(view),
      shown.map(({ row }) => row),
    )
    pager.update(shownText(first + 1, first + shown.length, entries.length), first > 0, first + PAGE < entries.length)
    const [oldest, newest] = [entries[0], entries.at(-1)]
    const iso = (/** @type {number} */ at) => new Date(at).toISOString()
    // The bounds of the rows themselves, so that the file holds exactly what can be seen here.
    downloads.update(view.name, {
      station: station.station_id,
      from: oldest === undefined ? null : iso(oldest.start),
      to: newest === undefined ? null : iso(newest.start + 1),
    })
    if (entries.length === 0) fill(pager.element, el('span', { class: 'muted' }, 'No rows in this range: choose a longer one.'))
  }
  return {
    element,
    /** @param {import('../types.js').Entry[]} next In the order of time. */
    update(next) {
      entries = next
      draw()
    },
  }
}
