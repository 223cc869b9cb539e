// @ts-check

/** Nothing heard for so long, not even a heartbeat: the connection is dead without knowing it. */
const SILENCE_MS = 45_000
/** A page that nobody looks at gives its connection back after so long. */
const HIDDEN_MS = 30_000
const RETRY_MS = 5_000

/** @typedef {{ key: import('./types.js').Cell[], row: import('./types.js').Row | null }} Change */
/**
 * @typedef {object} Follower
 * @property {string[]} views
 * @property {string[]} stations None: all.
 * @property {() => void} onRead Everything has to be read (again). Changes that come from now on are told by `onRows`.
 * @property {(view: string, changes: Change[]) => void} onRows
 * @property {(state: 'live' | 'waiting') => void} onState
 */

/**
 * Follows changes of views for as long as the page is visible.
 * @param {Follower} follower
 * @returns {() => void} Ends it.
 */
export function followViews({ views, stations, onRead, onRows, onState }) {
  const search = new URLSearchParams(views.map((view) => ['view', view]))
  for (const station of stations) search.append('station', station)
  /** @type {EventSource | null} */
  let source = null
  let timer = 0
  let hiddenTimer = 0

  const listen = () => {
    clearTimeout(timer)
    timer = window.setTimeout(open, SILENCE_MS)
  }
  const close = () => {
    clearTimeout(timer)
    source?.close()
    source = null
  }
  const open = () => {
    close()
    let fresh = true
    const opened = new EventSource(`/api/stream?${search}`)
    source = opened
    listen()
    opened.addEventListener('open', () => {
      listen()
      onState('live')
      // The browser itself goes on where it was; only a new connection has missed what came before it.
      if (fresh) onRead()
      fresh = false
    })
    opened.addEventListener('error', () => {
      onState('waiting')
      if (fresh) onRead()
      fresh = false
      if (opened.readyState !== EventSource.CLOSED || source !== opened) return
      clearTimeout(timer)
      timer = window.setTimeout(open, RETRY_MS)
    })
    opened.addEventListener('heartbeat', listen)
    opened.addEventListener('reset', () => {
      listen()
      onRead()
    })
    opened.addEventListener('rows', (event) => {
      listen()
      const { view, rows } = JSON.parse(event.data)
      onRows(view, rows)
    })
  }
  const onVisibility = () => {
    clearTimeout(hiddenTimer)
    if (document.hidden) hiddenTimer = window.setTimeout(close, HIDDEN_MS)
    else if (source === null) open()
  }
  document.addEventListener('visibilitychange', onVisibility)
  open()
  return () => {
    document.removeEventListener('visibilitychange', onVisibility)
    clearTimeout(hiddenTimer)
    close()
  }
}
