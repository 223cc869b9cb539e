// @ts-check

/** @typedef {import('../types.js').Row} Row */
/** @typedef {import('../charts/chart-options.js').ChartSpec} ChartSpec */
/**
 * A figure above the charts.
 * @typedef {object} Tile
 * @property {string} label
 * @property {string} value
 * @property {string} note
 */
/**
 * A way to cut time: the views that are read, the charts of each, and the view whose rows stand in the table.
 * @typedef {object} Step
 * @property {string} id
 * @property {string} label
 * @property {string} view The view of the table and the tiles.
 * @property {{ view: string, charts: ChartSpec[] }[]} plots
 */
/**
 * @typedef {object} SectionSpec
 * @property {'weather' | 'energy' | 'air'} kind
 * @property {string} title
 * @property {string} what What is measured, as in "No weather readings yet".
 * @property {Step[]} steps
 * @property {(hours: number) => string} stepFor The step for a range of so many hours, where nobody chose one.
 * @property {(step: string, rows: Row[], lastTime: string) => Tile[]} tiles From the rows of the step's view, oldest first, never empty.
 */

export {}
