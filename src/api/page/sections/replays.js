// @ts-check
import { getJson } from '../api-client.js'
import { block } from '../block.js'
import { el, fill, keepPlaces } from '../dom.js'
import { countText } from '../number-format.js'
import { createReplayControls } from '../replay-controls.js'
import { createRates, durationText, isAtWork, percentOf, progressText } from '../replay-progress.js'
import { simpleTable } from '../simple-table.js'
import { ageText, plainTimeText, timeText } from '../zone-time.js'

/** @typedef {import('../types.js').Replay} Replay */

const EVERY_MS = 5_000
/** While something is built. */
const AT_WORK_EVERY_MS = 1_000

/** @type {Record<Replay['state'], { look: string, word: string }>} */
const STATES = {
  building: { look: 'behind', word: 'building' },
  handover: { look: 'behind', word: 'handing over' },
  done: { look: 'fresh', word: 'done' },
  failed: { look: 'problem', word: 'failed' },
}

/** @param {Replay} replay */
function viewCell({ view, from }) {
  return from === null ? view : [view, el('span', { class: 'muted' }, ` from ${plainTimeText(Date.parse(from), 'UTC')} UTC`)]
}

/** @param {Replay} replay */
function stateCell({ state, stale }) {
  const { look, word } = stale ? { look: 'problem', word: 'cut short' } : STATES[state]
  return el('span', { class: `status status-${look}` }, word)
}

/** @param {Replay} replay @param {number | null} rate */
function progressCell(replay, rate) {
  const { state, read, to_read, started_at, updated_at } = replay
  if (state === 'done') return `${countText(to_read)} in ${durationText(Date.parse(updated_at) - Date.parse(started_at))}`
  if (!isAtWork(replay)) return to_read === 0 ? '–' : `${percentOf(replay)} % of ${countText(to_read)}`
  const bar = el('progress', { max: Math.max(1, to_read), value: read, 'aria-label': `Replay of ${replay.view}` })
  return el('span', { class: 'progress' }, bar, ` ${progressText(replay, rate)}`)
}

/** @param {Replay[]} replays @param {(replay: Replay) => number | null} rateOf */
function table(replays, rateOf) {
  if (replays.length === 0)
    return el('p', { class: 'muted' }, 'None yet: every view has been kept up to date since its first reading.')
  const now = Date.now()
  return simpleTable(
    'Replays, the last of each view',
    [
      { title: 'View', cell: viewCell },
      { title: 'State', cell: stateCell },
      { title: 'Readings', cell: (replay) => progressCell(replay, rateOf(replay)) },
      { title: 'Generation', cell: ({ generation }) => countText(generation), number: true, doc: 'What is built.' },
      {
        title: 'Started',
        cell: ({ started_at }) =>
          el('span', { title: `${timeText(Date.parse(started_at), 'UTC')} UTC` }, ageText(now - Date.parse(started_at))),
      },
      { title: 'By', cell: ({ host, pid }) => `process ${pid} on ${host}` },
      { title: 'Error', cell: ({ error }) => (error === null ? '–' : el('span', { class: 'wrapping' }, error)) },
    ],
    replays,
  )
}

/**
 * Views that are built anew: how that stands, and what begins it.
 * @param {string[]} names Of the views.
 */
export function createReplays(names) {
  const host = el('div')
  const controls = createReplayControls(names, () => void read())
  const element = block(
    'Replays',
    [
      'Rows built anew from the log, beside those that serve until the new ones are complete. ',
      el('code', {}, 'windrow replay'),
      ' does the same.',
    ],
    controls.element,
    host,
  )
  const reading = new AbortController()
  const rates = createRates()
  let timer = 0

  async function read() {
    clearTimeout(timer)
    let everyMs = EVERY_MS
    try {
      /** @type {{ replays: Replay[] }} */
      const { replays } = await getJson('/api/replays', reading.signal)
      rates.take(replays)
      controls.update(replays)
      keepPlaces(host, () => fill(host, table(replays, rates.of)))
      if (replays.some(isAtWork) || controls.isWaiting()) everyMs = AT_WORK_EVERY_MS
    } catch (error) {
      if (reading.signal.aborted) return
      fill(host, el('p', { class: 'muted' }, error instanceof Error ? error.message : String(error)))
    }
    clearTimeout(timer)
    timer = window.setTimeout(read, everyMs)
  }
  void read()
  return {
    element,
    destroy() {
      reading.abort()
      clearTimeout(timer)
    },
  }
}
