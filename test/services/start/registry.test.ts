import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startRegistry } from '../../../scripts/services/registry.js'

async function register(url: string, subject: string, schema: string): Promise<number> {
  const response = await fetch(`${url}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
  })
  expect(response.status).toBe(200)
  return ((await response.json()) as { readonly id: number }).id
}

const schemaOf = async (url: string, id: number): Promise<unknown> => (await fetch(`${url}/schemas/ids/${id}`)).json()

test('the registry that all services tests share gives a schema back by its id', async () => {
  const { schemaRegistryUrl } = inject('services')
  const id = await register(schemaRegistryUrl, 'start-shared-value', '"long"')
  expect(await schemaOf(schemaRegistryUrl, id)).toMatchObject({ schema: '"long"' })
})

describe('a registry of a test’s own', () => {
  let registry: Awaited<ReturnType<typeof startRegistry>>
  beforeAll(async () => {
    registry = await startRegistry()
  })
  afterAll(() => registry.stop())

  test('is away after kill -9, and knows what it acknowledged when it is back', async () => {
    const id = await register(registry.url, 'start-own-value', '"double"')
    await registry.kill('SIGKILL')
    await expect(schemaOf(registry.url, id)).rejects.toThrow()
    await registry.start()
    expect(await schemaOf(registry.url, id)).toMatchObject({ schema: '"double"' })
  })
})
