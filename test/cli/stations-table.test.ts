import { expect, test } from 'vitest'
import { stationRow } from '../../src/cli/commands/stations.ts'
import { stationsView } from '../../src/views/stations.ts'

test('A station of a log whose id hides something is shown with every character of it', () => {
  const cells = stationsView.columns.map(({ column }, i) =>
    i === 1 ? 'Paris\u202Esirap\u0007' : column === 'city' ? 'Pa\u200Bris' : null,
  )
  const row = stationRow(cells)
  expect(row[1]).toBe('Paris\\u{202E}sirap\\u{0007}')
  expect(row[2]).toBe('Pa\\u{200B}ris')
})
