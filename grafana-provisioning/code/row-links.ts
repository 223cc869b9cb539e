import type { View } from '../../src/views/view.ts'
import type { DataLink } from './panels.ts'

/** From a row of a table to the page, which explains that row of `view`. The table has the key's columns under their own names. */
export function whyLink(view: Pick<View, 'name' | 'key'>): DataLink {
  const cells = [view.name, ...view.key.map(({ column }) => `\${__data.fields.${column}}`)]
  return {
    title: 'Why this row is what it is',
    url: `\${windrow}/?why=%5B${cells.map((cell) => `%22${cell}%22`).join('%2C')}%5D`,
  }
}
