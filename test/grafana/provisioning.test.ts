import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { influxdb, postgres, prometheus } from '../../grafana-provisioning/code/data-sources.ts'
import { provisioning } from './stored-dashboards.ts'

interface Source {
  readonly name: string
  readonly uid: string
  readonly type: string
  readonly url: string
  readonly isDefault?: boolean
  readonly jsonData: Readonly<Record<string, unknown>>
  readonly secureJsonData?: Readonly<Record<string, string>>
}

const read = (file: string): string => readFileSync(join(provisioning, file), 'utf8')

describe('what Grafana reads at its start', () => {
  const text = read('datasources/windrow.yaml')
  const { apiVersion, datasources } = parse(text) as { readonly apiVersion: number; readonly datasources: readonly Source[] }

  test('has the data sources that panels name', () => {
    expect(apiVersion).toBe(1)
    const sources = datasources.map(({ uid, type }) => ({ type, uid }))
    expect(sources).toEqual([influxdb, postgres, prometheus])
    expect(datasources.filter(({ isDefault }) => isDefault === true)).toHaveLength(1)
  })

  test('has no secret, and takes addresses from the environment', () => {
    for (const { url, secureJsonData = {} } of datasources) {
      expect(url).toMatch(/^\$\{GRAFANA_[A-Z_]+\}$/)
      for (const secret of Object.values(secureJsonData)) expect(secret).toMatch(/^\$__file\{\/run\/secrets\/[a-z_]+\}$/)
    }
    expect(text).not.toMatch(/password: (?!\$__file)/)
  })

  test('finds the dashboards in the folder that is mounted', () => {
    const { apiVersion: version, providers } = parse(read('dashboards/windrow.yaml')) as {
      readonly apiVersion: number
      readonly providers: ReadonlyArray<Readonly<Record<string, unknown>>>
    }
    expect(version).toBe(1)
    expect(providers).toEqual([
      expect.objectContaining({
        name: 'windrow',
        folder: 'windrow',
        type: 'file',
        options: { path: '/etc/grafana/provisioning/dashboards' },
      }),
    ])
  })
})
