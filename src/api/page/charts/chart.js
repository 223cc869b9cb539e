// @ts-check
import { el, setText } from '../dom.js'
import { onThemeChange } from '../theme.js'
import { spanText } from '../zone-time.js'
import { entryNear, gridOf } from './chart-data.js'
import { chartData, chartOptions, uPlot } from './chart-options.js'
import { createLegend } from './legend.js'

/** @typedef {import('../types.js').Entry} Entry */
/** @typedef {import('./chart-options.js').ChartSpec} ChartSpec */

const HEIGHT = 190

/**
 * What a screen reader says in place of the drawing.
 * @param {ChartSpec} spec
 * @param {Entry[]} entries
 * @param {string} zone
 */
function summaryOf(spec, entries, zone) {
  const last = entries.at(-1)
  const first = entries[0]
  if (first === undefined || last === undefined) return `${spec.title}: nothing in this range.`
  const values = spec.legend.flatMap(({ label, text }) => (text === undefined ? [] : [`${label} ${text(last.row) ?? 'none'}`]))
  return `${spec.title}, chart from ${spanText(first.start, first.end, zone)} to ${spanText(last.start, last.end, zone)}. Last: ${values.join(', ')}. Arrow keys move through it.`
}

/**
 * A chart with its heading and a legend that tells the values under the cursor, or the last ones. Charts with the same `sync` share
 * the cursor.
 * @param {ChartSpec} spec
 * @param {{ zone: string, window: 'instant' | 'day' | 'month', sync: string, onZoom: (range: [number, number] | null) => void, onPick: (entry: Entry) => void }} options
 */
export function createChart(spec, { zone, window, sync, onZoom, onPick }) {
  /** @type {Entry[]} */
  let entries = []
  let grid = gridOf([])
  /** @type {[number, number]} */
  let range = [0, 1]
  /** @type {Entry | null} */
  let pointed = null
  /** @type {uPlot | null} */
  let plot = null
  const height = spec.height ?? HEIGHT

  const legend = createLegend(spec.legend, () => plot?.redraw(false))
  const when = el('span', { class: 'legend-time' })
  const host = el('div', { class: 'plot', tabindex: '0', role: 'img', 'aria-label': spec.title })
  const none = el('p', { class: 'plot-none', hidden: true }, 'Nothing in this range.')
  const heading = el('h3', {}, spec.title, ' ', el('span', { class: 'unit' }, spec.unit))
  const frame = el('div', { class: 'plot-frame' }, host, none)
  const element = el(
    'section',
    { class: spec.wide ? 'chart chart-wide' : 'chart', 'data-chart': spec.id },
    el('header', {}, heading, when),
    legend.element,
    frame,
  )
  host.style.minHeight = `${height}px`

  const drawLegend = () => {
    const entry = pointed ?? entries.at(-1) ?? null
    setText(
      when,
      entry === null
        ? ''
        : `${pointed === null ? 'Last: ' : ''}${spanText(entry.start, entry.end, zone)}${entry.row.complete === false ? ', open' : ''}`,
    )
    legend.update(entry?.row ?? null)
  }
  const onCursor = (/** @type {uPlot} */ u) => {
    const index = u.cursor.idx
    const next = index === null || index === undefined || (u.cursor.left ?? -1) < 0 ? null : entryNear(grid, index)
    if (next === pointed) return
    pointed = next
    drawLegend()
  }
  const context = {
    zone,
    window,
    grid: () => grid,
    xRange: () => /** @type {[number, number]} */ ([range[0] / 1000, range[1] / 1000]),
    standsOut: legend.standsOut,
  }
  const draw = () => {
    if (plot !== null) {
      plot.setData(chartData(spec, grid))
    } else if (host.clientWidth > 0) {
      const options = {
        width: host.clientWidth,
        height,
        sync,
        onCursor,
        onZoom: (/** @type {number} */ from, /** @type {number} */ to) => onZoom([from, to]),
      }
      plot = new uPlot(chartOptions(spec, context, options), chartData(spec, grid), host)
      plot.over.addEventListener('dblclick', () => onZoom(null))
    }
  }
  const resized = new ResizeObserver(() => {
    if (plot === null) draw()
    else if (plot.width !== host.clientWidth && host.clientWidth > 0) plot.setSize({ width: host.clientWidth, height })
  })
  resized.observe(host)
  const endTheme = onThemeChange(() => plot?.redraw(false))

  const moveTo = (/** @type {number} */ index) => {
    if (plot === null || grid.x.length === 0) return
    const x = /** @type {number} */ (grid.x[Math.max(0, Math.min(grid.x.length - 1, index))])
    plot.setCursor({ left: plot.valToPos(x, 'x'), top: 10 }, true)
  }
  host.addEventListener('keydown', (event) => {
    const at = plot?.cursor.idx ?? grid.x.length
    /** @type {Record<string, () => void>} */
    const moves = {
      ArrowLeft: () => moveTo(at - (event.shiftKey ? 10 : 1)),
      ArrowRight: () => moveTo(at + (event.shiftKey ? 10 : 1)),
      Home: () => moveTo(0),
      End: () => moveTo(grid.x.length - 1),
      Enter: () => pointed !== null && onPick(pointed),
      Escape: () => (pointed === null ? onZoom(null) : plot?.setCursor({ left: -10, top: -10 }, true)),
    }
    const move = moves[event.key]
    if (move === undefined) return
    event.preventDefault()
    move()
    host.setAttribute('aria-label', pointed === null ? summaryOf(spec, entries, zone) : `${when.textContent}: ${legend.text()}`)
  })

  return {
    element,
    /**
     * @param {Entry[]} next In the order of time.
     * @param {[number, number]} xRange Milliseconds.
     * @param {import('./chart-data.js').Grid} [points] Where they are not the middles of the windows.
     */
    update(next, xRange, points = gridOf(next)) {
      entries = next
      grid = points
      range = xRange
      if (pointed !== null) pointed = entries.find(({ key }) => key === pointed?.key) ?? null
      none.hidden = entries.some(({ row }) => spec.marks.some(({ value }) => value(row) != null))
      // Scales without values would be made up.
      frame.classList.toggle('is-empty', !none.hidden)
      host.setAttribute('aria-label', summaryOf(spec, entries, zone))
      draw()
      drawLegend()
    },
    destroy() {
      resized.disconnect()
      endTheme()
      plot?.destroy()
      element.remove()
    },
  }
}

/** @typedef {ReturnType<typeof createChart>} Chart */
