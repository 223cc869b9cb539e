// @ts-check

/** What the page shows, as the address bar has it: a link reproduces the view. */
/**
 * @typedef {object} AppState
 * @property {'weather' | 'energy' | 'air' | 'compare' | 'quality' | 'pipeline' | 'views'} tab
 * @property {string | null} kind
 * @property {string | null} city
 * @property {string | null} station
 * @property {string[] | null} stations Those that are compared, in the order of their colours; null lets the page choose.
 * @property {string | null} quantity What is compared.
 * @property {string} range `24h`, `7d`, `30d`, `90d`, `all` or `custom`.
 * @property {string | null} from First local day of a custom range.
 * @property {string | null} to Last local day of a custom range.
 * @property {string | null} step Which windows; null lets the range decide.
 * @property {string | null} view
 * @property {string | null} why The view and the key of the row that is being explained, as JSON.
 */

export const TABS = /** @type {const} */ (['weather', 'energy', 'air', 'compare', 'quality', 'pipeline', 'views'])
export const RANGES = /** @type {const} */ (['24h', '7d', '30d', '90d', 'all', 'custom'])

/** What is asked of one section and means nothing to another. @type {Partial<AppState>} */
export const OF_SECTION = { why: null, city: null, station: null, stations: null, kind: null, quantity: null, step: null }

/** @type {AppState} */
const DEFAULTS = {
  tab: 'weather',
  kind: null,
  city: null,
  station: null,
  stations: null,
  quantity: null,
  range: '7d',
  from: null,
  to: null,
  step: null,
  view: null,
  why: null,
}
const DAY = /^\d{4}-\d{2}-\d{2}$/

/**
 * @param {string} search
 * @returns {AppState}
 */
export function readState(search) {
  const given = new URLSearchParams(search)
  const text = (/** @type {string} */ name) => given.get(name) || null
  const day = (/** @type {string} */ name) => (DAY.test(given.get(name) ?? '') ? given.get(name) : null)
  return {
    tab: TABS.find((tab) => tab === given.get('tab')) ?? DEFAULTS.tab,
    kind: text('kind'),
    city: text('city'),
    station: text('station'),
    stations: given.has('stations') ? [...new Set(given.getAll('stations'))] : null,
    quantity: text('quantity'),
    range: RANGES.find((range) => range === given.get('range')) ?? DEFAULTS.range,
    from: day('from'),
    to: day('to'),
    step: text('step'),
    view: text('view'),
    why: text('why'),
  }
}

/**
 * @param {AppState} state
 * @returns {string} `?tab=air&range=30d`: what differs from where everybody begins.
 */
export function writeState(state) {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(state)) {
    const custom = state.range === 'custom' || (name !== 'from' && name !== 'to')
    if (value === null || !custom || value === DEFAULTS[/** @type {keyof AppState} */ (name)]) continue
    for (const each of [value].flat()) search.append(name, each)
  }
  const text = search.toString()
  return text === '' ? '/' : `/?${text}`
}

/**
 * The state of the page. `change` puts a new entry into the history, so that Back goes back one step.
 * @param {(state: AppState) => void} onChange
 */
export function createAppState(onChange) {
  let state = readState(location.search)
  addEventListener('popstate', () => {
    state = readState(location.search)
    onChange(state)
  })
  return {
    get: () => state,
    /** @param {Partial<AppState>} changes */
    change(changes) {
      const next = { ...state, ...changes }
      const address = writeState(next)
      if (address === writeState(state)) return
      state = next
      history.pushState(null, '', address)
      onChange(state)
    },
    /** @param {Partial<AppState>} changes */
    address: (changes) => writeState({ ...state, ...changes }),
  }
}

/** @typedef {ReturnType<typeof createAppState>} AppStateHandle */
