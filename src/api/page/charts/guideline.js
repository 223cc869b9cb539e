// @ts-check
import { themeColor } from '../theme.js'

/**
 * A value that is not to be exceeded, as a dashed line with its name; where it lies above the scale, its name alone.
 * @param {{ value: number, label: string }} guideline
 * @param {uPlot} u
 */
export function drawGuideline({ value, label }, u) {
  const { ctx, bbox } = u
  const pixel = devicePixelRatio
  const at = u.valToPos(value, 'y', true)
  const right = bbox.left + bbox.width - 4 * pixel
  const write = (/** @type {string} */ text, /** @type {number} */ y) => {
    // A rim of the ground's colour, so that it can be read over bars.
    ctx.setLineDash([])
    ctx.lineWidth = 4 * pixel
    ctx.lineJoin = 'round'
    ctx.strokeStyle = themeColor('--surface')
    ctx.strokeText(text, right, y)
    ctx.fillText(text, right, y)
  }
  ctx.save()
  ctx.font = `${11 * pixel}px system-ui, sans-serif`
  ctx.fillStyle = themeColor('--guideline')
  ctx.textAlign = 'right'
  if (at < bbox.top) {
    ctx.textBaseline = 'top'
    write(`${label}, above this scale ↑`, bbox.top + 2 * pixel)
  } else {
    ctx.strokeStyle = themeColor('--guideline')
    ctx.lineWidth = 1.25 * pixel
    ctx.setLineDash([6 * pixel, 4 * pixel])
    ctx.beginPath()
    ctx.moveTo(bbox.left, at)
    ctx.lineTo(bbox.left + bbox.width, at)
    ctx.stroke()
    ctx.textBaseline = 'bottom'
    write(label, at - 2 * pixel)
  }
  ctx.restore()
}

/**
 * Zero, where values lie above and below it.
 * @param {uPlot} u
 */
export function drawGround(u) {
  const { ctx, bbox } = u
  const at = Math.round(u.valToPos(0, 'y', true)) + 0.5
  if (at < bbox.top || at > bbox.top + bbox.height) return
  ctx.save()
  ctx.strokeStyle = themeColor('--line-strong')
  ctx.lineWidth = devicePixelRatio
  ctx.beginPath()
  ctx.moveTo(bbox.left, at)
  ctx.lineTo(bbox.left + bbox.width, at)
  ctx.stroke()
  ctx.restore()
}
