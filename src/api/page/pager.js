// @ts-check
import { el, setText } from './dom.js'
import { countText } from './number-format.js'

/**
 * Newer and older, and what is shown of how much.
 * @param {{ onNewer: () => void, onOlder: () => void }} options
 */
export function createPager({ onNewer, onOlder }) {
  const text = el('span', { class: 'muted' })
  const newer = el('button', { type: 'button', class: 'button', on: { click: onNewer } }, 'Newer')
  const older = el('button', { type: 'button', class: 'button', on: { click: onOlder } }, 'Older')
  return {
    element: el('div', { class: 'pager' }, newer, older, text),
    /**
     * @param {string} shown
     * @param {boolean} hasNewer
     * @param {boolean} hasOlder
     */
    update(shown, hasNewer, hasOlder) {
      setText(text, shown)
      newer.disabled = !hasNewer
      older.disabled = !hasOlder
    },
  }
}

/**
 * `1–24 of 168 rows`
 * @param {number} first
 * @param {number} last
 * @param {number} all
 */
export function shownText(first, last, all) {
  if (all === 0) return 'No rows'
  return `${countText(first)}–${countText(last)} of ${countText(all)} ${all === 1 ? 'row' : 'rows'}`
}

/** Links that load rows as files. */
export function createDownloads() {
  const csv = el('a', { class: 'button', download: true }, 'Download CSV')
  const json = el('a', { class: 'button', download: true }, 'JSON')
  return {
    element: el('div', { class: 'downloads' }, csv, json),
    /**
     * @param {string} view
     * @param {Record<string, string | null>} filter
     */
    update(view, filter) {
      for (const [link, format] of /** @type {const} */ ([
        [csv, 'csv'],
        [json, 'json'],
      ])) {
        const search = new URLSearchParams()
        for (const [name, value] of Object.entries({ ...filter, limit: 'all', format })) if (value) search.set(name, value)
        link.href = `/api/views/${view}?${search}`
        link.download = `${view}.${format}`
      }
    },
  }
}
