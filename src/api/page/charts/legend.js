// @ts-check
import { el, setText } from '../dom.js'

/** @typedef {import('./chart-options.js').LegendItem} LegendItem */
/** @typedef {import('../types.js').Row} Row */

/** @param {Pick<LegendItem, 'color' | 'look'>} item */
export function keyOf({ color, look }) {
  if (look === 'none') return null
  const key = el('span', { class: `key key-${look}`, 'aria-hidden': 'true' })
  key.style.setProperty('--key', `var(${color})`)
  return key
}

/**
 * What is drawn how, each with its value in a row. An item that names a mark is a button: while somebody points at it, or has pressed it,
 * its mark stands out.
 * @param {LegendItem[]} items
 * @param {() => void} onStandOut Another mark stands out.
 */
export function createLegend(items, onStandOut) {
  /** @type {number | null} */
  let pressed = null
  /** @type {number | null} */
  let pointed = null
  const point = (/** @type {number | null} */ mark) => {
    pointed = mark
    onStandOut()
  }
  const press = (/** @type {number} */ mark) => {
    pressed = pressed === mark ? null : mark
    for (const { element, item } of drawn) if (item.mark !== undefined) element.ariaPressed = String(item.mark === pressed)
    onStandOut()
  }
  const draw = (/** @type {LegendItem} */ item) => {
    const value = el('b', { hidden: true })
    const { mark, label } = item
    const children = [keyOf(item), label, value]
    const element =
      mark === undefined
        ? el('span', { class: 'legend-item' }, children)
        : el(
            'button',
            {
              type: 'button',
              class: 'legend-item',
              'aria-pressed': 'false',
              on: { click: () => press(mark), mouseenter: () => point(mark), mouseleave: () => point(null) },
            },
            children,
          )
    return { element, value, item }
  }
  const drawn = items.map(draw)
  const element = el(
    'div',
    { class: 'legend' },
    drawn.map((each) => each.element),
  )
  return {
    element,
    standsOut: () => pointed ?? pressed,
    /** All of it in words. */
    text: () =>
      drawn
        .filter(({ value }) => !value.hidden)
        .map(({ item, value }) => `${item.label} ${value.textContent}`)
        .join(', '),
    /** @param {Row | null} row */
    update(row) {
      for (const { value, item } of drawn) {
        const text = row === null ? null : (item.text?.(row) ?? null)
        value.hidden = text === null
        setText(value, text ?? '')
      }
    },
  }
}
