// @ts-check
import { getRows } from '../api-client.js'
import { writeState } from '../app-state.js'
import { block } from '../block.js'
import { createSegments, createSelect } from '../controls.js'
import { el, fill, keepPlaces } from '../dom.js'
import { emptyMessage, errorMessage } from '../messages.js'
import { newestOf } from '../range.js'
import { whyOf } from '../why-panel.js'
import { dayOf, labelText } from '../zone-time.js'
import { GRADES, gradeOf, lastFinishedDays, lastFinishedTable, lateNote, scoreText } from './quality-days.js'

/** @typedef {import('../types.js').Row} Row */
/** @typedef {import('../app-state.js').AppState} AppState */

const VIEW = 'data_quality'
const READ_AGAIN_MS = 10_000
/** Series and days together: what is beyond is not read. */
const MOST_ROWS = 20_000
const RANGES = [
  { value: '7d', label: '7 d' },
  { value: '30d', label: '30 d' },
  { value: '90d', label: '90 d' },
]
const KINDS = { weather: 'Weather', energy: 'Energy', air: 'Air quality' }

/** @param {AppState} state */
const daysOf = ({ range }) => (range === '30d' ? 30 : range === '90d' ? 90 : 7)

/** What its days are a line of. @param {Row} row */
const lineOf = (row) => JSON.stringify([row.kind, row.station_id, row.series])

/** @param {Row} row */
export function seriesLabel({ station_id, city, series }) {
  const station =
    city === null || String(city).toLowerCase() === String(station_id).toLowerCase() ? station_id : `${station_id} · ${city}`
  return series === 'all' ? String(station) : `${station} · ${series}`
}

/**
 * The days up to the newest, oldest first.
 * @param {string} newest
 * @param {number} count
 */
function daysUpTo(newest, count) {
  const last = Date.parse(newest)
  return Array.from({ length: count }, (_, i) => new Date(last - (count - 1 - i) * 86_400_000).toISOString().slice(0, 10))
}

/**
 * A line a series, a column a day.
 * @param {Row[]} rows
 * @param {string[]} days
 * @param {(row: Row) => HTMLElement} link
 */
function heatTable(rows, days, link) {
  /** @type {Map<string, Map<string, Row>>} */
  const lines = new Map()
  for (const row of rows) {
    const line = lines.get(lineOf(row)) ?? new Map()
    lines.set(lineOf(row), line.set(String(row.day), row))
  }
  const cell = (/** @type {Row | undefined} */ row, /** @type {string} */ day) =>
    row === undefined
      ? el(
          'td',
          { class: 'score score-none', title: `${day}: no readings` },
          el('span', { class: 'visually-hidden' }, 'no readings'),
        )
      : el('td', { class: `score score-${gradeOf(row).id}${row.complete === false ? ' open' : ''}` }, link(row))
  const line = (/** @type {Map<string, Row>} */ byDay) => {
    const row = /** @type {Row} */ (byDay.values().next().value)
    return el(
      'tr',
      {},
      el('th', { scope: 'row' }, seriesLabel(row), el('span', { class: 'when' }, String(row.kind))),
      days.map((day) => cell(byDay.get(day), day)),
    )
  }
  const head = days.map((day) =>
    el('th', { scope: 'col', class: 'number' }, labelText(day).slice('Sun '.length, -' 2025'.length)),
  )
  const caption = 'Score by station and day'
  return el(
    'div',
    { class: 'table-frame', tabindex: '0', role: 'region', 'aria-label': caption },
    el(
      'table',
      { class: 'scores' },
      el('caption', { class: 'visually-hidden' }, caption),
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Station'), head)),
      el(
        'tbody',
        {},
        [...lines].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, byDay]) => line(byDay)),
      ),
    ),
  )
}

/** What the colours mean, in words. */
function gradeLegend() {
  const item = (/** @type {{ id: string, label: string }} */ { id, label }) =>
    el('li', {}, el('span', { class: `score-key score-${id}`, 'aria-hidden': 'true' }), label)
  return el('ul', { class: 'score-legend' }, [...GRADES, { id: 'none', label: 'No readings' }].map(item))
}

/**
 * How good the readings of every station and day are.
 * @param {import('./series-section.js').App} app
 * @returns {import('./series-section.js').Section}
 */
export function createQualitySection(app) {
  const kind = createSelect('Kind', (value) => app.change({ kind: value === '' ? null : value }))
  const range = createSegments('Range', (value) => app.change({ range: value }))
  const filters = el('form', { class: 'filters', 'aria-label': 'What is shown' }, kind.element, range.element)
  filters.addEventListener('submit', (event) => event.preventDefault())
  const body = el('div', { class: 'quality' })
  const title = el('h1', { class: 'visually-hidden' }, 'Data quality')
  const element = el('div', {}, title, filters, body)
  /** @type {string | null} What is on the screen: the question and its answer. */
  let shown = null
  let asked = ''
  let askedAt = Number.NEGATIVE_INFINITY
  let reading = new AbortController()

  /** @param {Row} row @param {import('../dom.js').Child} content */
  function whyLink(row, content) {
    const view = /** @type {import('../types.js').View} */ (app.views.get(VIEW))
    const grade = gradeOf(row)
    const words = `${seriesLabel(row)}, ${row.day}: ${scoreText(row)} of 100, ${grade.word}${row.complete === false ? ', so far' : ''}`
    const link = el('a', { href: app.address({ why: whyOf(view, row) }), title: words, 'aria-label': words }, content)
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      app.openWhy(VIEW, row)
    })
    return link
  }

  /** @param {Row[]} rows @param {string[]} days @param {boolean} isCut */
  function draw(rows, days, isCut) {
    if (rows.length === 0) return fill(body, emptyMessage('data quality', 'quality', app.health()))
    const isFirst = body.querySelector('.scores') === null
    const cut = isCut ? ` The newest ${MOST_ROWS.toLocaleString('en')} are shown.` : ''
    keepPlaces(body, () =>
      fill(
        body,
        block(
          'Score by station and day',
          `0 to 100: four tenths is what came of what was expected, three tenths what of it can be true, the rest in halves that it came in time and that nothing stands out. Days are those of the station.${lateNote(rows)}${cut}`,
          gradeLegend(),
          heatTable(rows, days, (row) => whyLink(row, scoreText(row))),
        ),
        block(
          'Last finished days',
          'The worst first. A day is finished when a later reading has come; what comes late after all is counted still.',
          lastFinishedTable(lastFinishedDays(rows), (row) => whyLink(row, String(row.day)), seriesLabel),
        ),
      ),
    )
    const frame = body.querySelector('.table-frame')
    // What matters is today, which stands at the end.
    if (isFirst && frame !== null) frame.scrollLeft = frame.scrollWidth
  }

  /** @param {string} question @param {AppState} state @param {string} newest */
  async function read(question, state, newest) {
    reading.abort()
    reading = new AbortController()
    const { signal } = reading
    const days = daysUpTo(newest, daysOf(state))
    try {
      const page = await getRows(VIEW, { kind: state.kind, from: days[0] ?? null, order: 'newest', limit: MOST_ROWS }, signal)
      const answer = question + JSON.stringify(page.rows)
      if (answer === shown) return
      shown = answer
      draw(page.rows, days, page.next !== null)
    } catch (error) {
      if (signal.aborted) return
      shown = null
      fill(
        body,
        errorMessage(error, () => void read(question, state, newest)),
      )
    }
  }

  return {
    element,
    update(state) {
      const stations = app.stations().filter((station) => state.kind === null || station.kind === state.kind)
      const kinds = [...new Set(app.stations().map((station) => station.kind))].sort()
      kind.update(
        [
          { value: '', label: 'All kinds' },
          ...kinds.map((each) => ({ value: each, label: KINDS[/** @type {keyof typeof KINDS} */ (each)] ?? each })),
        ],
        state.kind ?? '',
      )
      range.update(RANGES, `${daysOf(state)}d`)
      if (stations.length === 0) {
        shown = null
        return fill(body, emptyMessage('data quality', 'quality', app.health()))
      }
      const newest = stations
        .map((station) => dayOf(newestOf(station) - 1, station.time_zone))
        .sort()
        .at(-1)
      if (newest === undefined) return
      const question = writeState({ ...state, why: null }) + newest
      const isDue = performance.now() - askedAt > READ_AGAIN_MS
      if (question === asked && !isDue) return
      asked = question
      askedAt = performance.now()
      void read(question, state, newest)
    },
    destroy() {
      reading.abort()
    },
  }
}
