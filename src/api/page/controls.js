// @ts-check
import { el, fill } from './dom.js'

/** @typedef {{ value: string, label: string }} Choice */

/**
 * @param {Choice[]} choices
 * @param {Choice[]} others
 */
const same = (choices, others) => JSON.stringify(choices) === JSON.stringify(others)

/**
 * A labelled list to choose from.
 * @param {string} label
 * @param {(value: string) => void} onChange
 */
export function createSelect(label, onChange) {
  /** @type {Choice[]} */
  let shown = []
  const select = el('select', { on: { change: () => onChange(select.value) } })
  const element = el('label', { class: 'field' }, el('span', {}, label), select)
  return {
    element,
    /**
     * @param {Choice[]} choices
     * @param {string} value
     */
    update(choices, value) {
      if (!same(shown, choices)) {
        fill(
          select,
          choices.map((choice) => el('option', { value: choice.value }, choice.label)),
        )
        shown = choices
      }
      select.value = value
      select.disabled = choices.length < 2
    },
  }
}

let groups = 0

/**
 * Some choices side by side, one of them taken.
 * @param {string} label
 * @param {(value: string) => void} onChange
 */
export function createSegments(label, onChange) {
  const name = `segments-${++groups}`
  /** @type {Choice[]} */
  let shown = []
  const list = el('div', { class: 'segments' })
  const element = el('fieldset', { class: 'field' }, el('legend', {}, label), list)
  const segment = (/** @type {Choice} */ choice) =>
    el(
      'label',
      {},
      el('input', { type: 'radio', name, value: choice.value, on: { change: () => onChange(choice.value) } }),
      el('span', {}, choice.label),
    )
  return {
    element,
    /**
     * @param {Choice[]} choices
     * @param {string} value
     */
    update(choices, value) {
      if (!same(shown, choices)) {
        fill(list, choices.map(segment))
        shown = choices
      }
      for (const input of list.querySelectorAll('input')) input.checked = input.value === value
    },
  }
}

/**
 * First and last day of a range of one's own.
 * @param {(from: string, to: string) => void} onChange Only with two days in the right order.
 */
export function createDays(onChange) {
  const day = () => el('input', { type: 'date', required: true, on: { change: () => tell() } })
  const [from, to] = [day(), day()]
  const tell = () => {
    to.setCustomValidity(
      from.value !== '' && to.value !== '' && to.value < from.value ? 'The last day lies before the first.' : '',
    )
    if (from.value !== '' && to.value !== '' && to.reportValidity()) onChange(from.value, to.value)
  }
  const element = el(
    'div',
    { class: 'days' },
    el('label', { class: 'field' }, el('span', {}, 'From'), from),
    el('label', { class: 'field' }, el('span', {}, 'To'), to),
  )
  return {
    element,
    /**
     * @param {boolean} show
     * @param {string} first
     * @param {string} last
     */
    update(show, first, last) {
      element.hidden = !show
      if (document.activeElement !== from) from.value = first
      if (document.activeElement !== to) to.value = last
    },
  }
}
