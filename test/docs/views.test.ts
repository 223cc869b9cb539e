import { expect, test } from 'vitest'
import { viewsDocument } from './views-document.ts'

test('docs/views.md describes every view as it is declared', async () => {
  await expect(viewsDocument()).toMatchFileSnapshot('../../docs/views.md')
})
