// @ts-check
import { quantityText } from '../number-format.js'

/** @typedef {import('../types.js').Row} Row */

/**
 * Reads a number of a row; null where the view has no such column.
 * @param {string} column
 * @returns {(row: Row) => number | null}
 */
export function numberOf(column) {
  return (row) => {
    const value = row[column]
    return typeof value === 'number' ? value : null
  }
}

/**
 * The number of a row with its unit.
 * @param {string} column
 * @param {string} unit As in the schemas.
 * @param {number} [digits]
 * @returns {(row: Row) => string | null}
 */
export function textOf(column, unit, digits) {
  const read = numberOf(column)
  return (row) => {
    const value = read(row)
    return value === null ? null : quantityText(value, unit, digits)
  }
}

/**
 * The text of the rows that fit, null for others.
 * @param {(row: Row) => boolean} fits
 * @param {(row: Row) => string | null} text
 * @returns {(row: Row) => string | null}
 */
export function only(fits, text) {
  return (row) => (fits(row) ? text(row) : null)
}

/**
 * @param {Row[]} rows
 * @param {string} column
 * @returns {number[]} Its numbers, without nulls.
 */
export function numbersIn(rows, column) {
  return rows.map(numberOf(column)).filter((value) => value !== null)
}

/** @param {number[]} values @returns {number | null} */
export const maximumOf = (values) => (values.length === 0 ? null : values.reduce((most, value) => Math.max(most, value)))
/** @param {number[]} values @returns {number | null} */
export const minimumOf = (values) => (values.length === 0 ? null : values.reduce((least, value) => Math.min(least, value)))
/** @param {number[]} values @returns {number | null} */
export const sumOf = (values) => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0))
