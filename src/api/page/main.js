// @ts-check
import { getJson } from './api-client.js'
import { createAppState, OF_SECTION, TABS } from './app-state.js'
import { byId, fill, setText } from './dom.js'
import { errorMessage } from './messages.js'
import { createReadingRates } from './reading-rates.js'
import { air } from './sections/air.js'
import { createCompareSection } from './sections/compare.js'
import { energy } from './sections/energy.js'
import { createPipelineSection } from './sections/pipeline.js'
import { createQualitySection } from './sections/quality.js'
import { createSeriesSection } from './sections/series-section.js'
import { createViewsSection } from './sections/views.js'
import { weather } from './sections/weather.js'
import { silenceOf } from './silence.js'
import { startTheme } from './theme.js'
import { createWhyPanel, whyOf } from './why-panel.js'
import { ageText } from './zone-time.js'

/** @typedef {import('./sections/series-section.js').Section} Section */

const POLL_MS = 5_000
/** While there is nothing to show, the first reading should not have to wait. */
const POLL_EMPTY_MS = 1_000

const STATUS_WORDS = { empty: 'No readings yet', fresh: 'Fresh', behind: 'Behind', problem: 'Problem', away: 'Not reachable' }

/** @type {import('./types.js').Health | null} */
let health = null
/** @type {import('./types.js').Station[]} */
let stations = []
const rates = createReadingRates()

/**
 * @param {keyof typeof STATUS_WORDS} status
 * @param {string} headline
 * @param {string} [word]
 */
function drawStatus(status, headline, word = STATUS_WORDS[status]) {
  const badge = byId('status')
  badge.className = `status status-${status}`
  setText(byId('status-word'), word)
  setText(byId('status-headline'), headline)
  badge.title = headline
}

/** @param {Map<string, import('./types.js').View>} views */
function startPage(views) {
  /** @type {Section | null} */
  let section = null
  let tab = ''
  const state = createAppState(() => draw())
  const app = {
    views,
    stations: () => stations,
    health: () => health,
    rates,
    change: state.change,
    address: state.address,
    openWhy: (/** @type {string} */ view, /** @type {import('./types.js').Row} */ row) => {
      const found = views.get(view)
      if (found !== undefined) state.change({ why: whyOf(found, row) })
    },
  }
  const zoneOf = (/** @type {import('./types.js').Row} */ key) =>
    stations.find(({ station_id }) => station_id === (key.station_id ?? key.zone_id))?.time_zone ?? 'UTC'
  const why = createWhyPanel({ views, zoneOf, onClose: () => state.change({ why: null }) })
  /** @type {Record<string, () => Section>} */
  const sections = {
    weather: () => createSeriesSection(weather, app),
    energy: () => createSeriesSection(energy, app),
    air: () => createSeriesSection(air, app),
    compare: () => createCompareSection(app),
    quality: () => createQualitySection(app),
    pipeline: () => createPipelineSection(app),
    views: () => createViewsSection(app),
  }

  /** @param {(typeof TABS)[number]} to @returns {Partial<import('./app-state.js').AppState>} */
  function changesTo(to) {
    if (to === tab) return { why: null }
    // Whoever looks at energy and goes to compare, compares energy.
    return { ...OF_SECTION, tab: to, kind: to === 'compare' && (tab === 'energy' || tab === 'air') ? tab : null }
  }
  function drawTabs() {
    for (const each of TABS) {
      const link = /** @type {HTMLAnchorElement} */ (byId(`tab-${each}`))
      link.href = state.address(changesTo(each))
      if (each === tab) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
  }
  function draw() {
    const now = state.get()
    if (now.tab !== tab) {
      section?.destroy()
      tab = now.tab
      section = /** @type {() => Section} */ (sections[tab])()
      fill(byId('main'), section.element)
      document.title = `${byId(`tab-${tab}`).textContent} · windrow`
    }
    drawTabs()
    section?.update(now)
    why.update(now.why)
  }
  for (const each of TABS) {
    byId(`tab-${each}`).addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      if (each !== tab) state.change(changesTo(each))
    })
  }
  draw()
  return { update: () => section?.update(state.get()) }
}

async function readState() {
  const askedAt = performance.now()
  const answers = await Promise.all([getJson('/api/health'), getJson('/api/stations')])
  health = /** @type {import('./types.js').Health} */ ({ ...answers[0], read_at: askedAt })
  rates.take(health)
  stations = answers[1].stations
  const silence = health.status === 'fresh' ? silenceOf(stations, Date.parse(health.at)) : null
  if (silence === null) drawStatus(health.status, health.headline)
  // Nothing is wrong with windrow, yet what it shows is not of today.
  else drawStatus('fresh', `The newest reading is from ${ageText(silence)}.`, 'All shown')
}

/** @param {() => void} onRead */
function poll(onRead) {
  let timer = 0
  const next = async () => {
    clearTimeout(timer)
    if (document.hidden) return
    try {
      await readState()
      onRead()
    } catch (error) {
      drawStatus('away', error instanceof Error ? error.message : String(error))
    }
    timer = window.setTimeout(next, stations.length === 0 ? POLL_EMPTY_MS : POLL_MS)
  }
  document.addEventListener('visibilitychange', next)
  timer = window.setTimeout(next, stations.length === 0 ? POLL_EMPTY_MS : POLL_MS)
}

async function start() {
  try {
    const [{ views }] = await Promise.all([
      /** @type {Promise<{ views: import('./types.js').View[] }>} */ (getJson('/api/views')),
      readState(),
    ])
    const page = startPage(new Map(views.map((view) => [view.name, view])))
    poll(page.update)
  } catch (error) {
    drawStatus('away', error instanceof Error ? error.message : String(error))
    fill(
      byId('main'),
      errorMessage(error, () => void start()),
    )
  }
}

startTheme()
void start()
