import { styleText } from 'node:util'
import type { Output } from './output.ts'

/** Only what is readable on light and dark backgrounds alike. */
export interface Style {
  strong(text: string): string
  faint(text: string): string
  good(text: string): string
  bad(text: string): string
  warn(text: string): string
}

const plain = (text: string): string => text

export function styleOf(output: Pick<Output, 'colours'>): Style {
  if (!output.colours) return { strong: plain, faint: plain, good: plain, bad: plain, warn: plain }
  return {
    strong: (text) => styleText('bold', text),
    faint: (text) => styleText('dim', text),
    good: (text) => styleText('green', text),
    bad: (text) => styleText('red', text),
    warn: (text) => styleText('yellow', text),
  }
}
