import { expect, test } from 'vitest'
import { configurationDocument, exampleEnvironment } from './settings-table.ts'

test('docs/configuration.md is the table of all settings', async () => {
  await expect(configurationDocument()).toMatchFileSnapshot('../../docs/configuration.md')
})

test('.env.example names every setting that this version uses, with its default', async () => {
  await expect(exampleEnvironment()).toMatchFileSnapshot('../../.env.example')
})
