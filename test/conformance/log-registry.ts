import { describe, expect, test } from 'vitest'
import type { LogSetting } from './log-setting.ts'

/** What every backend does with schemas. */
export function logRegistry(setting: LogSetting): void {
  const { open } = setting

  describe('the schema registry', () => {
    const schema = '{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}'
    const other = '{"type":"record","name":"R","fields":[{"name":"a","type":["null","long"],"default":null}]}'

    test('gives the same text the same id, for everybody', async () => {
      const { log } = setting
      const elsewhere = await open()
      const id = await log.registry.register('air-value', schema)
      expect(await elsewhere.registry.register('air-value', JSON.stringify(JSON.parse(schema), null, 2))).toBe(id)
      expect(JSON.parse((await elsewhere.registry.schemaById(id)) as string)).toEqual(JSON.parse(schema))
      const next = await elsewhere.registry.register('air-value', other)
      expect(next).not.toBe(id)
      expect((await log.registry.versions('air-value')).map(({ version, id }) => [version, id])).toEqual([
        [1, id],
        [2, next],
      ])
      expect(await log.registry.schemaById(999_999)).toBeNull()
      expect(await log.registry.versions('nobody-value')).toEqual([])
      expect(await log.registry.subjects()).toContain('air-value')
    })

    test('never gives one id to two schemas, also when two register at once', async () => {
      const { log } = setting
      const elsewhere = await open()
      const schemas = Array.from({ length: 6 }, (_, i) => schema.replace('"a"', `"a${i}"`))
      const ids = await Promise.all(
        schemas.map((one, i) => (i % 2 === 0 ? log : elsewhere).registry.register(`s${i % 3}-value`, one)),
      )
      expect(new Set(ids).size).toBe(6)
      for (const [i, id] of ids.entries())
        expect(JSON.parse((await log.registry.schemaById(id)) as string)).toEqual(JSON.parse(schemas[i] as string))
    })
  })
}
