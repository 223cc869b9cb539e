// @ts-check
import { ApiError } from './api-client.js'
import { el } from './dom.js'

/**
 * What failed and what to do about it.
 * @param {unknown} error
 * @param {(() => void) | null} retry
 */
export function errorMessage(error, retry) {
  const [message, remedy, code] =
    error instanceof ApiError ? [error.message, error.remedy, error.code] : [String(error), 'Load the page again.', null]
  return el(
    'div',
    { class: 'message message-error', role: 'alert' },
    el('h2', {}, message),
    el('p', {}, remedy),
    code?.startsWith('WR_') ? el('p', { class: 'muted' }, `Code ${code}`) : null,
    retry === null ? null : el('button', { type: 'button', class: 'button', on: { click: retry } }, 'Try again'),
  )
}

/**
 * There is nothing of this kind yet, and how to get some.
 * @param {string} what `weather`
 * @param {string} kind
 * @param {import('./types.js').Health | null} health
 */
export function emptyMessage(what, kind, health) {
  const message = (/** @type {string} */ title, /** @type {(string | Node)[]} */ ...text) =>
    el('div', { class: 'message' }, el('h2', {}, title), el('p', {}, ...text))
  if (health?.status === 'problem') {
    const pipeline = el('a', { href: '/?tab=pipeline' }, 'Pipeline')
    return message(`No ${what} rows: something needs attention`, `${health.headline} `, pipeline, ' says what, and what to do.')
  }
  if (health?.status === 'behind') {
    return message(`The first ${what} readings are on their way`, 'The pipeline is catching up. Rows appear here by themselves.')
  }
  const command = (/** @type {string} */ text) => el('pre', {}, el('code', {}, text))
  /** @type {Record<string, string>} */
  const files = {
    weather: 'npm run -s windrow -- produce --source file --format meteostat --file paris.csv',
    energy: 'npm run -s windrow -- produce --source file --format eco2mix --file eco2mix.csv',
    air: 'npm run -s windrow -- produce --source file --format airqino --file station.json',
  }
  return el(
    'div',
    { class: 'message' },
    el('h2', {}, `No ${what} readings yet`),
    el('p', {}, 'Simulated stations, for a first look:'),
    command('npm run -s windrow -- produce --source simulator'),
    el('p', {}, 'Or a file of your own:'),
    command(files[kind] ?? 'npm run -s windrow -- produce --help'),
    el(
      'p',
      { class: 'muted' },
      'Rows appear here as soon as the first reading has come in; there is no need to load the page again.',
    ),
  )
}
