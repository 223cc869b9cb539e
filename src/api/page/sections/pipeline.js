// @ts-check
import { getJson } from '../api-client.js'
import { block } from '../block.js'
import { el, fill, keepPlaces } from '../dom.js'
import { bytesText, countText } from '../number-format.js'
import { newestOf } from '../range.js'
import { simpleTable } from '../simple-table.js'
import { ageText, plainTimeText, timeText } from '../zone-time.js'
import { ratesBlock } from './rates.js'
import { createReplays } from './replays.js'

/** @typedef {import('../types.js').Health} Health */
/** @typedef {import('../types.js').DeadLetter} DeadLetter */

const STATES = { starting: 'starting', catching_up: 'catching up', running: 'running', waiting: 'waiting', stopped: 'stopped' }
const DEAD_LETTERS_EVERY_MS = 10_000
const MOST_STATIONS = 200

/** @param {string | null} instant @param {number} now */
const age = (instant, now) => (instant === null ? '–' : ageText(now - Date.parse(instant)))

/** @param {{ state: import('../types.js').PartState, recovered?: number | null, behind?: boolean, problem: import('../types.js').Fault | null }} part */
function stateCell({ state, recovered = null, behind = false, problem }) {
  const look = problem !== null || state === 'stopped' ? 'problem' : state === 'running' && !behind ? 'fresh' : 'behind'
  const part = recovered === null ? '' : ` ${Math.floor(recovered * 100)} %`
  const word = state === 'waiting' && problem !== null ? 'failing' : state === 'running' && behind ? 'behind' : STATES[state]
  return el('span', { class: `status status-${look}`, title: problem?.message ?? null }, (word ?? state) + part)
}

/** @param {Health['sources'][number]} source */
function stationCell({ station, stations }) {
  return station ?? (stations === null ? 'all of it' : `${countText(stations)} stations`)
}

/** @param {number} seconds */
function spanText(seconds) {
  return seconds >= 120 && seconds % 60 === 0 ? `${countText(seconds / 60)} min` : `${countText(seconds)} s`
}

/** @param {Health['sinks'][number]['last_error']} error @param {number} now */
function lastErrorCell(error, now) {
  if (error === null) return '–'
  return el('span', { title: error.message }, el('code', {}, error.code), ` ${age(error.at, now)}`)
}

/** @param {Health} health */
function reasons(health) {
  if (health.reasons.length === 0) return null
  return el(
    'ul',
    { class: 'reasons' },
    health.reasons.map(({ part, code, message, remedy }) =>
      el(
        'li',
        {},
        el('b', {}, part),
        ' ',
        message,
        code === null ? null : el('code', {}, code),
        remedy === null ? null : el('span', { class: 'remedy' }, remedy),
      ),
    ),
  )
}

/** @param {Health} health */
function ledger(health) {
  const number = (/** @type {keyof import('../types.js').Ledger} */ name) => (/** @type {Health['topics'][number]} */ topic) =>
    countText(topic.ledger[name])
  const sum = (/** @type {Health['topics'][number]} */ { ledger: { unexplained } }) =>
    el(
      'span',
      { class: `status status-${unexplained === 0 ? 'fresh' : 'problem'}` },
      unexplained === 0 ? 'adds up' : `${countText(unexplained)} unexplained`,
    )
  return block(
    'Ledger',
    'Every accepted reading has exactly one fate: accepted = current + superseded + stale + duplicate + too late + dead-lettered.',
    simpleTable(
      'The ledger of every topic',
      [
        { title: 'Topic', cell: ({ topic }) => topic },
        { title: 'Accepted', cell: number('accepted'), number: true },
        { title: '= Current', cell: number('current'), number: true, doc: 'The latest revision: counts in the views.' },
        { title: '+ Superseded', cell: number('superseded'), number: true, doc: 'A newer revision came later.' },
        { title: '+ Stale', cell: number('stale'), number: true, doc: 'An older revision that came after a newer one.' },
        { title: '+ Duplicate', cell: number('duplicate'), number: true, doc: 'Said nothing new.' },
        { title: '+ Too late', cell: number('too_late'), number: true, doc: 'Beyond the allowed lateness, where one is set.' },
        { title: '+ Dead-lettered', cell: number('dead_lettered'), number: true, doc: 'Could not be used; see below.' },
        { title: 'Sum', cell: sum },
      ],
      health.topics,
    ),
  )
}

/** The budget is the process's: tasks share it. @param {Health} health */
function memoryText({ tasks }) {
  const budget = tasks[0]?.state_budget_bytes
  if (budget === undefined) return ''
  const used = tasks.reduce((sum, { state_bytes }) => sum + state_bytes, 0)
  return `Together they hold ${bytesText(used)} of state in memory, of ${bytesText(budget)} that they may; the rest is on disk.`
}

/** @param {Health} health @param {number} now */
function parts(health, now) {
  const tasks = block(
    'Tasks',
    `One a partition: reads its readings in order and keeps the views. ${memoryText(health)}`,
    simpleTable(
      'Tasks',
      [
        { title: 'Partition', cell: ({ topic, partition }) => `${topic} ${partition}` },
        { title: 'State', cell: stateCell },
        { title: 'Lag', cell: ({ lag }) => countText(lag), number: true, doc: 'Readings not in the views yet.' },
        { title: 'Offset', cell: ({ committed_offset }) => countText(committed_offset), number: true },
        { title: 'Last commit', cell: ({ last_commit }) => age(last_commit, now) },
        { title: 'State in memory', cell: ({ state_bytes }) => bytesText(state_bytes), number: true },
      ],
      health.tasks,
    ),
  )
  const sinks = block(
    'Sinks',
    'Each writes at its own pace; one that is away delays nobody but itself.',
    health.sinks.length === 0
      ? el('p', { class: 'muted' }, 'No sink is running.')
      : simpleTable(
          'Sinks',
          [
            { title: 'View', cell: ({ view }) => view },
            { title: 'Sink', cell: ({ sink }) => sink },
            { title: 'State', cell: stateCell },
            { title: 'Lag', cell: ({ lag }) => countText(lag), number: true, doc: 'Changes not written yet.' },
            { title: 'Rows/s', cell: ({ rows_per_second }) => countText(Math.round(rows_per_second)), number: true },
            { title: 'Retries', cell: ({ retries }) => countText(retries), number: true, doc: 'Failed tries since the start.' },
            { title: 'Last write', cell: ({ last_write }) => age(last_write, now) },
            { title: 'Last error', cell: ({ last_error }) => lastErrorCell(last_error, now) },
          ],
          health.sinks,
        ),
  )
  const sources = block(
    'Sources',
    'Where readings come from.',
    health.sources.length === 0
      ? el('p', { class: 'muted' }, 'No source is running: start one with ', el('code', {}, 'windrow produce'), '.')
      : simpleTable(
          'Sources',
          [
            { title: 'State', cell: stateCell },
            { title: 'Source', cell: ({ name }) => name, heads: true },
            { title: 'Latest reading', cell: ({ last_event }) => age(last_event, now) },
            { title: 'Station', cell: stationCell },
            { title: 'Last success', cell: ({ last_success }) => age(last_success, now) },
            {
              title: 'Every',
              cell: ({ interval_seconds }) => (interval_seconds === null ? '–' : spanText(interval_seconds)),
              number: true,
              doc: 'From one poll to the next; a source that is polled by the clock has none.',
            },
            {
              title: 'Published',
              cell: ({ published }) => countText(published),
              number: true,
              doc: 'Since windrow was started.',
            },
          ],
          health.sources,
        ),
  )
  return [sources, tasks, sinks]
}

/** @param {import('../types.js').Station[]} stations @param {number} now */
function freshness(stations, now) {
  const oldestFirst = [...stations].sort((left, right) => newestOf(left) - newestOf(right))
  const shown = oldestFirst.slice(0, MOST_STATIONS)
  return block(
    'Stations',
    `How far each has been measured (its watermark), the one longest silent first.${shown.length < stations.length ? ` ${countText(shown.length)} of ${countText(stations.length)}.` : ''}`,
    simpleTable(
      'Stations and their watermarks',
      [
        { title: 'Station', cell: ({ station_id }) => station_id },
        { title: 'Kind', cell: ({ kind }) => kind },
        { title: 'City', cell: ({ city, country }) => [city, country].filter((part) => part !== null).join(', ') || '–' },
        { title: 'Every', cell: ({ interval_minutes }) => `${interval_minutes} min`, number: true },
        { title: 'Watermark', cell: (station) => `${plainTimeText(newestOf(station), station.time_zone)} ${station.time_zone}` },
        { title: 'That is', cell: (station) => ageText(now - newestOf(station)) },
      ],
      shown,
    ),
  )
}

/** @param {DeadLetter[]} letters @param {number} now */
function deadLetters(letters, now) {
  const letter = (/** @type {DeadLetter} */ { where, code, message, remedy, recorded_at, size, preview }) =>
    el(
      'li',
      {},
      el('p', {}, el('b', {}, message)),
      el('p', { class: 'remedy' }, remedy),
      el(
        'p',
        { class: 'muted' },
        el('code', {}, code),
        ` ${where} · ${bytesText(size)} · ${ageText(now - Date.parse(recorded_at))}`,
      ),
      preview === null ? null : el('pre', {}, preview),
    )
  return block(
    'Dead letters',
    [
      'What could not be used, newest first. Nothing is thrown away: ',
      el('code', {}, 'windrow dlq retry'),
      ' puts them through again.',
    ],
    letters.length === 0 ? el('p', { class: 'muted' }, 'None.') : el('ul', { class: 'letters' }, letters.map(letter)),
  )
}

/**
 * The state of every part of the pipeline.
 * @param {import('./series-section.js').App} app
 * @returns {import('./series-section.js').Section}
 */
export function createPipelineSection(app) {
  const state = el('div')
  const letters = el('div')
  const replays = createReplays([...app.views.keys()])
  const title = el('h1', { class: 'visually-hidden' }, 'Pipeline')
  const element = el('div', { class: 'pipeline' }, title, state, replays.element, letters)
  const reading = new AbortController()
  let timer = 0

  const readLetters = async () => {
    try {
      /** @type {{ dead_letters: DeadLetter[] }} */
      const answer = await getJson('/api/dead-letters?limit=50', reading.signal)
      fill(letters, deadLetters(answer.dead_letters, Date.now()))
    } catch (error) {
      if (reading.signal.aborted) return
      fill(letters, block('Dead letters', error instanceof Error ? error.message : String(error)))
    }
    timer = window.setTimeout(readLetters, DEAD_LETTERS_EVERY_MS)
  }
  void readLetters()
  return {
    element,
    update() {
      const health = app.health()
      if (health === null) return fill(state, el('p', { class: 'muted' }, 'Asking for the state of the pipeline…'))
      const now = Date.parse(health.at)
      const about = `windrow ${health.version} on the ${health.backend} log, running since ${timeText(Date.parse(health.started_at), 'UTC')} UTC.`
      keepPlaces(state, () =>
        fill(
          state,
          el(
            'section',
            { class: `verdict verdict-${health.status}` },
            el('h2', {}, health.headline),
            el('p', { class: 'muted' }, about),
            reasons(health),
          ),
          ledger(health),
          ratesBlock(health, app.rates, now),
          ...parts(health, now),
          app.stations().length === 0 ? null : freshness(app.stations(), now),
        ),
      )
    },
    destroy() {
      reading.abort()
      clearTimeout(timer)
      replays.destroy()
    },
  }
}
