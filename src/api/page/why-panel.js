// @ts-check
import { getJson, query } from './api-client.js'
import { byId, el, fill } from './dom.js'
import { errorMessage } from './messages.js'
import { whyReport } from './why-report.js'

/** @typedef {import('./types.js').View} View */
/** @typedef {import('./types.js').Why} Why */

/**
 * The dialog that explains a row. What it explains is part of the page's address.
 * @param {{ views: Map<string, View>, zoneOf: (key: import('./types.js').Row) => string, onClose: () => void }} options
 */
export function createWhyPanel({ views, zoneOf, onClose }) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('why'))
  const body = byId('why-body')
  /** @type {string | null} */
  let shown = null
  let reading = new AbortController()

  dialog.addEventListener('close', () => {
    if (shown !== null) onClose()
    shown = null
  })
  byId('why-close').addEventListener('click', () => dialog.close())
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close()
  })

  const read = async (/** @type {View} */ view, /** @type {import('./types.js').Row} */ key) => {
    reading.abort()
    reading = new AbortController()
    const { signal } = reading
    fill(body, el('p', { class: 'muted' }, 'Reading the log…'))
    try {
      /** @type {Record<string, string>} */
      const parameters = {}
      for (const name of view.key) parameters[name] = String(key[name])
      /** @type {Why} */
      const why = await getJson(`/api/views/${view.name}/why${query(parameters)}`, signal)
      fill(body, whyReport(view, why, why.window?.time_zone ?? zoneOf(key)))
    } catch (error) {
      if (!signal.aborted)
        fill(
          body,
          errorMessage(error, () => void read(view, key)),
        )
    }
  }
  return {
    /** @param {string | null} why As the address has it: the view's name and the key's cells, as JSON. */
    update(why) {
      if (why === shown) return
      shown = why
      if (why === null) {
        dialog.close()
        return
      }
      const [view, key] = parseWhy(views, why)
      if (view === null) {
        shown = null
        onClose()
        return
      }
      fill(byId('why-subtitle'), `${view.name} · ${view.key.map((name) => key[name]).join(' · ')}`)
      void read(view, key)
      if (!dialog.open) dialog.showModal()
    },
  }
}

/**
 * @param {View} view
 * @param {import('./types.js').Row} row
 */
export function whyOf(view, row) {
  return JSON.stringify([view.name, ...view.key.map((name) => row[name])])
}

/**
 * @param {Map<string, View>} views
 * @param {string} text
 * @returns {[View, import('./types.js').Row] | [null, null]}
 */
function parseWhy(views, text) {
  try {
    const [name, ...cells] = JSON.parse(text)
    const view = views.get(name)
    if (view !== undefined && cells.length === view.key.length)
      return [view, Object.fromEntries(view.key.map((column, index) => [column, cells[index]]))]
  } catch {
    // An address that somebody changed by hand: there is nothing to explain.
  }
  return [null, null]
}
