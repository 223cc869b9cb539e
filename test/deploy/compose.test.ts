import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { allSettings } from '../../src/config/settings.ts'

// docker-compose.yml as it stands in the tree; test/services/deploy loads it with compose's own library.

interface Service {
  readonly image: string
  readonly build?: string
  readonly restart?: string
  readonly user?: string
  readonly profiles?: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] }
  readonly logging?: { readonly options: { readonly 'max-size'?: string; readonly 'max-file'?: string } }
  readonly mem_limit?: string
  readonly security_opt?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly read_only?: boolean
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const text = read('docker-compose.yml')
const { services, volumes } = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, null>>
}
const { version } = JSON.parse(read('package.json')) as { readonly version: string }
const each = Object.entries(services)
const endsByItself = (name: string): boolean =>
  each.some(([, { depends_on = {} }]) => depends_on[name]?.condition === 'service_completed_successfully')
const variablesOf = (words: string): string[] => [...words.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name as string)

/** What the services that somebody asks for need too. */
function withNeeded(names: readonly string[]): ReadonlySet<string> {
  const needed = new Set<string>()
  const add = (name: string): void => {
    if (needed.has(name)) return
    needed.add(name)
    for (const other of Object.keys(services[name]?.depends_on ?? {})) add(other)
  }
  names.forEach(add)
  return needed
}

const mebibytes = (names: Iterable<string>): number =>
  [...names].reduce((sum, name) => sum + Number(/^(\d+)m$/.exec(services[name]?.mem_limit ?? '')?.[1]), 0)

describe.each(each)('the service %s', (name, service) => {
  test('has an image of a fixed version', () => {
    expect(service.image).toMatch(/^[\w./-]+:v?\d+\.\d+(\.\d+)?$/)
    if (service.image.startsWith('windrow:')) expect(service.image).toBe(`windrow:${version}`)
  })

  test('is published on this machine alone, at a port that can be changed', () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\$\{PORT_\w+:-\d+\}:\d+$/)
  })

  test('cannot take all memory, fill the disk with logs or become more than it is', () => {
    expect(service.mem_limit).toMatch(/^\d+m$/)
    expect(service.logging?.options).toEqual({ 'max-size': '10m', 'max-file': '3' })
    expect(service.security_opt).toEqual(['no-new-privileges:true'])
    expect(service.cap_drop).toEqual(['ALL'])
  })

  test('comes back, and says how it is; or ends by itself', () => {
    expect(service.restart).toBe(endsByItself(name) ? 'no' : 'unless-stopped')
    expect(service.healthcheck?.disable === true).toBe(endsByItself(name))
    if (endsByItself(name)) return
    expect(['CMD', 'CMD-SHELL']).toContain(service.healthcheck?.test?.[0])
    for (const word of service.healthcheck?.test ?? []) expect(word).toBeTypeOf('string')
  })

  test('waits for what can be waited for', () => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(services[other], other).toBeDefined()
      expect(services[other]?.profiles, other).toBeUndefined()
      expect(condition).toBe(endsByItself(other) ? 'service_completed_successfully' : 'service_healthy')
    }
  })

  test('mounts what is there', () => {
    for (const volume of service.volumes ?? []) {
      const [source = '', , mode] = volume.split(':')
      if (source.startsWith('/')) expect([name, mode]).toEqual(['cadvisor', 'ro'])
      else if (source.startsWith('./')) expect([existsSync(join(root, source)), mode]).toEqual([true, 'ro'])
      else expect(Object.keys(volumes)).toContain(source)
    }
  })

  test('sees its own secrets alone', () => {
    const makes = endsByItself(name)
    for (const volume of service.volumes ?? []) {
      const [source = '', target, mode] = volume.split(':')
      if (!source.startsWith('secrets') || (makes && mode !== 'ro')) continue
      expect([source, target, mode]).toEqual([`secrets-${name}`, '/run/secrets', 'ro'])
    }
  })
})

const ours = each.filter(([, { image }]) => image === `windrow:${version}`)

describe.each(ours)('windrow as %s', (name, service) => {
  test('is of the image that one service builds, cannot write beside its volumes, and is no root unless it gives files away', () => {
    expect([service.build !== undefined, service.read_only, service.user]).toEqual([
      name === 'init',
      true,
      endsByItself(name) ? '0:0' : undefined,
    ])
  })

  test('has settings that windrow knows', () => {
    const known = new Set(allSettings.flatMap(([, { variable }]) => [variable, `${variable}_FILE`]))
    const others = new Set(['NODE_OPTIONS', 'INFLUX_SPEED_BUCKET', 'SPEED_BUCKET_DAYS'])
    const unknown = Object.keys(service.environment ?? {}).filter((variable) => !known.has(variable) && !others.has(variable))
    expect(unknown).toEqual([])
  })
})

test('no secret stands in the file, and none has a default', () => {
  for (const [name, { environment = {} }] of each) {
    for (const [variable, value] of Object.entries(environment)) {
      if (!/PASSWORD|PASS_|TOKEN|SECRET|API_KEY/.test(variable)) continue
      expect([name, variable, value]).toEqual([name, variable, expect.stringMatching(/^(\/run\/secrets(\/\w+)?|\$\{\w+:-\})$/)])
    }
  }
})

test('the keys of sources reach the processes alone that ask them', () => {
  const have = each.filter(([, { environment = {} }]) => 'METEO_API_KEY' in environment).map(([name]) => name)
  expect(have).toEqual(['producer', 'small'])
})

test('every secret of a source can be given', () => {
  const secrets = allSettings.filter(([, { section, isSecret }]) => section === 'sources' && isSecret)
  for (const [, { variable }] of secrets) expect(services.producer?.environment).toHaveProperty(variable, `\${${variable}:-}`)
})

test('every variable of the file is explained in .env.example', () => {
  const explained = new Set([...read('.env.example').matchAll(/^#(\w+)=/gm)].map(([, name]) => name))
  expect([...new Set(variablesOf(text.replace(/^\s*#.*$/gm, '')))].filter((name) => !explained.has(name))).toEqual([])
})

test('the small set has room in 4 GB, and is all that small needs', () => {
  const small = withNeeded(['small'])
  expect([...small].sort()).toEqual(
    ['grafana', 'influx-access', 'influxdb', 'init', 'kafka', 'postgres', 'prometheus', 'registry', 'small'].sort(),
  )
  expect(mebibytes(small)).toBeLessThan(4096)
})

test('the whole has room in 9 GB, beside no profile', () => {
  const whole = each.filter(([, { profiles }]) => profiles === undefined).map(([name]) => name)
  expect(mebibytes(whole)).toBeLessThan(9 * 1024)
  expect(each.flatMap(([, { profiles = [] }]) => profiles).sort()).toEqual(['containers', 'small', 'ui'])
})

test('the servers are of the versions that the tests run, where these are from the same release', () => {
  const pinned = (path: string, pattern: RegExp): string | undefined => pattern.exec(read(path))?.[1]
  const kafka = pinned('scripts/services/kafka/pom.xml', /<artifactId>kafka_[\d.]+<\/artifactId>\s*<version>([\d.]+)/)
  const influxdb = pinned('scripts/services/influxdb/go.mod', /influxdata\/influxdb\/v2 v([\d.]+)/)
  const telegraf = pinned('scripts/services/telegraf/go.mod', /influxdata\/telegraf v([\d.]+)/)
  const cassandra = pinned('scripts/services/cassandra/pom.xml', /<artifactId>cassandra-all<\/artifactId>\s*<version>([\d.]+)/)
  expect(services.kafka?.image).toBe(`apache/kafka:${kafka}`)
  expect(services.influxdb?.image).toBe(`influxdb:${influxdb}`)
  expect(services.telegraf?.image).toBe(`telegraf:${telegraf}`)
  expect(services.cassandra?.image).toBe(`cassandra:${cassandra}`)
})
