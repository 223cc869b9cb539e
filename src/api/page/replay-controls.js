// @ts-check
import { ApiError, postJson } from './api-client.js'
import { createSelect } from './controls.js'
import { el, fill } from './dom.js'

/** @typedef {{ views: string[], from: string | null, rollback?: boolean }} Wanted */
/** @typedef {{ id: string, resumed: boolean, views: { view: string, generation: number }[] }} Started */

/** WINDROW_API_TOKEN as somebody has typed it: in memory alone, until the page is left. @type {string | null} */
let token = null

const ALL = ''

/**
 * What begins a replay: of the views that are chosen, or of one that was cut short. Asks for the token when it has none.
 * @param {string[]} names Of the views.
 * @param {() => void} onStarted
 */
export function createReplayControls(names, onStarted) {
  let chosen = names[0] ?? ALL
  /** What is to be gone on with once there is a token; null: what is chosen is to be built. @type {Wanted | null} */
  let pending = null
  /** What was started here and has not ended. @type {Started | null} */
  let under = null
  const select = createSelect('View', (value) => {
    chosen = value
    pending = null
  })
  select.update([...names.map((name) => ({ value: name, label: name })), { value: ALL, label: 'All views' }], chosen)
  // Without a name it is in no address, whatever becomes of the form.
  const secret = el('input', { type: 'password', autocomplete: 'off', spellcheck: 'false' })
  const field = el('label', { class: 'field', hidden: true }, el('span', {}, 'Token (WINDROW_API_TOKEN)'), secret)
  const button = el('button', { type: 'submit', class: 'button' }, 'Build anew')
  const form = el('form', { class: 'filters', method: 'post' }, select.element, field, button)
  const cutShort = el('div')
  const message = el('p', { role: 'status' })
  const said = el('div', { class: 'said', hidden: true }, message)

  /** @param {'plain' | 'error'} look @param {...import('./dom.js').Child} words */
  function say(look, ...words) {
    said.hidden = words.length === 0
    said.className = look === 'error' ? 'said said-error' : 'said'
    fill(message, ...words)
  }

  /** @param {'plain' | 'error'} look @param {string} words */
  function askToken(look, words) {
    token = null
    field.hidden = false
    say(look, words)
    secret.focus()
    secret.select()
  }

  const askAgain = () => askToken('error', 'That is not the token that windrow was started with. Type it again.')

  function hideToken() {
    secret.value = ''
    field.hidden = true
  }

  /** @param {unknown} error */
  function tellRefusal(error) {
    if (error instanceof ApiError && error.code === 'WR_API_TOKEN_WRONG') return askAgain()
    hideToken()
    if (!(error instanceof ApiError)) return say('error', String(error))
    if (error.code === 'WR_API_TOKEN_UNSET') token = null
    say('error', el('b', {}, error.message), ' ', error.remedy)
  }

  async function start() {
    if (token === null) {
      if (field.hidden || secret.value === '')
        return askToken(
          'plain',
          'A replay needs the token of this windrow. It is kept until you leave or reload this page, and nowhere else.',
        )
      const typed = secret.value.trim()
      // A header holds nothing else, and no token does.
      if (!/^[!-~]+$/.test(typed)) return askAgain()
      token = typed
    }
    button.disabled = true
    say('plain', 'Asking…')
    try {
      /** @type {Started} */
      const started = await postJson('/api/replays', pending ?? { views: chosen === ALL ? [] : [chosen], from: null }, token)
      pending = null
      hideToken()
      under = started
      say('plain', startedText(started))
      onStarted()
    } catch (error) {
      tellRefusal(error)
    } finally {
      button.disabled = false
    }
  }

  /** @param {import('./types.js').Replay[]} replays */
  function tellEnd(replays) {
    const own = replays.find(({ id }) => id === under?.id)
    if (under === null || own === undefined || (own.state !== 'done' && own.state !== 'failed')) return
    if (own.state === 'done') say('plain', `Done: ${whatIsBuilt(under)} ${under.views.length === 1 ? 'is' : 'are'} current.`)
    else say('error', el('b', {}, 'The replay has failed.'), ` ${own.error ?? ''}`)
    under = null
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void start()
  })
  let shown = ''
  return {
    element: el('div', { class: 'replay-controls' }, form, cutShort, said),
    /** What was started here has not ended yet. */
    isWaiting: () => under !== null,
    /** @param {import('./types.js').Replay[]} replays */
    update(replays) {
      tellEnd(replays)
      const stale = replays.filter((replay) => replay.stale)
      const ids = [...new Set(stale.map(({ id }) => id))]
      const left = ids.map((id) => {
        const views = stale.filter((replay) => replay.id === id)
        return { views: views.map(({ view }) => view), from: views[0]?.from ?? null, rollback: views[0]?.rollback ?? false }
      })
      if (JSON.stringify(left) === shown) return
      shown = JSON.stringify(left)
      const goOn = (/** @type {Wanted} */ wanted) => () => {
        pending = wanted
        void start()
      }
      fill(
        cutShort,
        left.map((wanted) => cutShortNotice(wanted, goOn(wanted))),
      )
    },
  }
}

/** @param {Wanted} wanted @param {() => void} onGo */
function cutShortNotice({ views }, onGo) {
  return el(
    'div',
    { class: 'notice' },
    el('span', {}, `The replay of ${views.join(', ')} was cut short: its process has ended. `),
    el('button', { type: 'button', class: 'row-button', on: { click: onGo } }, 'Go on with it'),
  )
}

/** @param {Started} started */
function whatIsBuilt({ views }) {
  return views.length === 1
    ? `generation ${views[0]?.generation} of ${views[0]?.view}`
    : `new generations of ${views.length} views`
}

/** @param {Started} started */
function startedText(started) {
  return `${started.resumed ? 'Going on with' : 'Building'} ${whatIsBuilt(started)}. The present rows serve until that is complete.`
}
