// @ts-check
import { block } from '../block.js'
import { el } from '../dom.js'
import { KEPT_MS, rateText } from '../reading-rates.js'
import { durationText } from '../replay-progress.js'
import { simpleTable } from '../simple-table.js'
import { ageText } from '../zone-time.js'

/** @typedef {import('../types.js').Health} Health */
/** @typedef {ReturnType<typeof import('../reading-rates.js').createReadingRates>} ReadingRates */

const MINUTE_MS = 60_000
/** Health is asked for every few seconds: a span that is so much shorter is as good as whole. */
const NEARLY = 0.9

/**
 * @param {ReadingRates} rates
 * @param {string} topic
 * @param {number} spanMs
 */
function rateCell(rates, topic, spanMs) {
  const rate = rates.of(topic, spanMs)
  if (rate === null) return '–'
  const short = rate.spanMs < spanMs * NEARLY ? el('span', { class: 'when' }, `in ${durationText(rate.spanMs)}`) : null
  return [rateText(rate), short]
}

/**
 * How fast readings come into every topic, as this page has seen it.
 * @param {Health} health
 * @param {ReadingRates} rates
 * @param {number} now
 */
export function ratesBlock({ topics }, rates, now) {
  const age = (/** @type {string | null} */ instant) => (instant === null ? '–' : ageText(now - Date.parse(instant)))
  return block(
    'Rates',
    'Readings that came in while this page was open.',
    simpleTable(
      'Readings a minute or a second, by topic',
      [
        { title: 'Topic', cell: ({ topic }) => topic },
        { title: 'Last minute', cell: ({ topic }) => rateCell(rates, topic, MINUTE_MS), number: true },
        { title: 'Last 5 minutes', cell: ({ topic }) => rateCell(rates, topic, KEPT_MS), number: true },
        { title: 'Last came in', cell: ({ last_append }) => age(last_append), number: true },
        {
          title: 'Newest is of',
          cell: ({ last_event }) => age(last_event),
          number: true,
          doc: 'Event time of the newest reading.',
        },
      ],
      topics,
    ),
  )
}
