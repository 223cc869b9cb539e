// @ts-check
import { countText } from './number-format.js'

/** @typedef {import('./types.js').Replay} Replay */

/** @param {Replay} replay */
export function isAtWork({ state, stale }) {
  return (state === 'building' || state === 'handover') && !stale
}

/**
 * Records a second of each replay between the last two times that it told how it stands, by its id.
 * @returns {{ take(replays: Replay[]): void, of(replay: Replay): number | null }}
 */
export function createRates() {
  /** @type {Map<string, { read: number, at: number, rate: number | null }>} */
  const seen = new Map()
  return {
    take(replays) {
      for (const { id, read, updated_at } of replays) {
        const at = Date.parse(updated_at)
        const known = seen.get(id)
        // All views of a replay tell the same.
        if (known !== undefined && at <= known.at) continue
        const isOn = known !== undefined && read >= known.read
        seen.set(id, { read, at, rate: isOn ? ((read - known.read) * 1000) / (at - known.at) : null })
      }
    },
    of: ({ id }) => seen.get(id)?.rate ?? null,
  }
}

/** Below 100 until all is read. @param {Replay} replay */
export function percentOf({ read, to_read }) {
  return to_read === 0 ? 0 : Math.min(100, Math.floor((100 * read) / to_read))
}

/**
 * `42 % · 310,000/s · 3 s left`
 * @param {Replay} replay
 * @param {number | null} rate
 */
export function progressText(replay, rate) {
  const { read, to_read } = replay
  const parts = [`${percentOf(replay)} %`]
  if (rate !== null) parts.push(`${countText(Math.round(rate))}/s`)
  if (rate !== null && rate > 0 && read < to_read) parts.push(`${durationText((1000 * (to_read - read)) / rate)} left`)
  return parts.join(' · ')
}

/**
 * `8 s`, `3 min 20 s`, `2 h 5 min`
 * @param {number} milliseconds
 */
export function durationText(milliseconds) {
  const seconds = Math.max(1, Math.round(milliseconds / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
