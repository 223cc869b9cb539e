import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { canCheckCompose, checkCompose } from '../../../scripts/services/compose-check.js'
import { asProcess, composeServices } from '../../../scripts/services/compose-file.js'

const file = fileURLToPath(new URL('../../../docker-compose.yml', import.meta.url))

interface Project {
  readonly services: Readonly<Record<string, ProjectService>>
}

interface ProjectService {
  readonly environment?: Readonly<Record<string, string>>
  readonly command?: readonly string[] | null
  readonly ports?: readonly { readonly host_ip: string; readonly published: string }[]
}

const project = async (options: Parameters<typeof checkCompose>[1]): Promise<Project> =>
  (await checkCompose(file, options)) as Project

if (!canCheckCompose()) process.stderr.write("services: the check by compose's own library is SKIPPED, it is built with Go\n")

describe.runIf(canCheckCompose())("docker-compose.yml, loaded by docker compose's own library", () => {
  test('is valid on a fresh clone, and has no service of a profile', async () => {
    const { services } = await project({})
    expect(Object.keys(services)).toEqual(expect.arrayContaining(['init', 'kafka', 'server', 'grafana']))
    for (const name of ['small', 'kafka-ui', 'cadvisor']) expect(services).not.toHaveProperty(name)
  })

  test('is valid with each profile, and with all of them', async () => {
    for (const [profile, name] of [
      ['small', 'small'],
      ['ui', 'kafka-ui'],
      ['containers', 'cadvisor'],
    ] as const)
      expect((await project({ profiles: [profile] })).services).toHaveProperty(name)
    expect(Object.keys((await project({ profiles: ['small', 'ui', 'containers'] })).services)).toHaveLength(21)
  })

  test('takes ports, keys and places of .env', async () => {
    const variables = { PORT_WINDROW: '18000', METEO_API_KEY: 'a-key', LAT: '45.76', SPEED_BUCKET_DAYS: '0' }
    const { services } = await project({ variables })
    expect(services.server?.ports).toEqual([expect.objectContaining({ host_ip: '127.0.0.1', published: '18000' })])
    expect(services.producer?.environment).toMatchObject({ METEO_API_KEY: 'a-key', LAT: '45.76' })
    expect(services.runner?.environment).not.toHaveProperty('METEO_API_KEY')
    expect(services['influx-access']?.environment).toMatchObject({ SPEED_BUCKET_DAYS: '0' })
  })

  test('gives what the processes of the other tests are made from', async () => {
    const variables = { METEO_API_KEY: 'a-key', WINDROW_MEMORY_MB: '64' }
    const { services } = await project({ profiles: ['small', 'ui', 'containers'], variables })
    const here = { addresses: {}, folderOf: (volume: string) => volume }
    for (const [name, service] of Object.entries(composeServices(variables))) {
      const found = services[name]
      expect([name, service.command ?? null]).toEqual([name, found?.command ?? null])
      expect([name, service.environment ?? {}]).toEqual([name, found?.environment ?? {}])
      expect(asProcess({ environment: service.environment ?? {} }, here).environment).toEqual(found?.environment ?? {})
    }
  })

  test('would be refused with a mistake in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'windrow-compose-check-'))
    try {
      const wrong = join(folder, 'docker-compose.yml')
      await writeFile(wrong, readFileSync(file, 'utf8').replaceAll('depends_on:', 'depend_on:'))
      await expect(checkCompose(wrong)).rejects.toThrow('depend_on')
      await writeFile(
        wrong,
        readFileSync(file, 'utf8').replace('kafka: { condition: service_healthy }', 'kafka: { condition: soon }'),
      )
      await expect(checkCompose(wrong)).rejects.toThrow('condition')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
