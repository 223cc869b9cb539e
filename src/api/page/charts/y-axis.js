// @ts-check
import { numberText } from '../number-format.js'

/**
 * Digits after the point with which a step of that size is written exactly: 2 for 0.25.
 * @param {number} step
 */
function digitsOf(step) {
  for (let digits = 0; digits < 6; digits++) {
    const scaled = step * 10 ** digits
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return digits
  }
  return 6
}

/**
 * Labels of a y axis, all with the same number of digits.
 * @param {number[]} values
 * @param {number} scale What the values are multiplied by for show.
 */
export function axisLabels(values, scale) {
  const step = values.length > 1 ? Math.abs(/** @type {number} */ (values[1]) - /** @type {number} */ (values[0])) * scale : 1
  return values.map((value) => numberText(value * scale, null, digitsOf(step)))
}

/**
 * A range with some air around what is drawn; from zero where zero is the measure's ground.
 * @param {number | null} low
 * @param {number | null} high
 * @param {{ fromZero: boolean, include: number | null, leastSpan: number }} options
 * @returns {[number, number]}
 */
export function yRange(low, high, { fromZero, include, leastSpan }) {
  const values = [low, high, include, fromZero ? 0 : null].filter((value) => value !== null)
  if (values.length === 0) return [0, 1]
  let [bottom, top] = [Math.min(...values), Math.max(...values)]
  const span = Math.max(top - bottom, leastSpan) || Math.abs(top) * 0.2 || 1
  const middle = (top + bottom) / 2
  if (top - bottom < span)
    [bottom, top] = fromZero && bottom >= 0 ? [bottom, bottom + span] : [middle - span / 2, middle + span / 2]
  return [fromZero && bottom >= 0 ? 0 : bottom - span * 0.06, top + span * 0.08]
}
