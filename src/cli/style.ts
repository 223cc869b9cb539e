import picocolors from 'picocolors'
import type { Output } from './output.ts'

/** Only what is readable on light and dark backgrounds alike. */
export interface Style {
  strong(text: string): string
  faint(text: string): string
  good(text: string): string
  bad(text: string): string
  warn(text: string): string
}

export function styleOf(output: Pick<Output, 'colours'>): Style {
  const { bold, dim, green, red, yellow } = picocolors.createColors(output.colours)
  return { strong: bold, faint: dim, good: green, bad: red, warn: yellow }
}
