import { expect, test } from 'vitest'
import { telegrafConf } from './telegraf-conf.ts'

test('telegraf/telegraf.conf is made from the schemas and the view', async () => {
  await expect(telegrafConf()).toMatchFileSnapshot('../../telegraf/telegraf.conf')
})
