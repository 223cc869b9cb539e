import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// The dashboards as Grafana reads them: of all that is in their files what tests look at.

export interface Target {
  readonly refId: string
  readonly datasource: { readonly type: string; readonly uid: string }
  /** Postgres. */
  readonly rawSql?: string
  readonly format?: 'time_series' | 'table'
  /** InfluxDB. */
  readonly query?: string
  /** Prometheus. */
  readonly expr?: string
  readonly instant?: boolean
  readonly legendFormat?: string
}

export interface StoredPanel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly interval?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly targets?: readonly Target[]
  readonly transformations?: ReadonlyArray<{ readonly id: string; readonly options: unknown }>
  readonly fieldConfig?: {
    readonly defaults: Readonly<Record<string, unknown>> & {
      readonly unit?: string
      readonly noValue?: string
      readonly displayName?: string
      readonly links?: readonly { readonly title: string; readonly url: string }[]
    }
    readonly overrides: ReadonlyArray<{
      readonly matcher: { readonly id: string; readonly options: string }
      readonly properties: ReadonlyArray<{ readonly id: string; readonly value: unknown }>
    }>
  }
}

export interface StoredVariable {
  readonly type: string
  readonly name: string
  readonly label?: string
  readonly query: string | { readonly query: string }
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly includeAll: boolean
  readonly allValue?: string
  readonly multi: boolean
  readonly current: { readonly value: string | readonly string[] }
}

export interface StoredDashboard {
  readonly uid: string
  readonly title: string
  readonly time: { readonly from: string; readonly to: string }
  readonly tags: readonly string[]
  readonly panels: readonly StoredPanel[]
  readonly templating: { readonly list: readonly StoredVariable[] }
  readonly annotations: { readonly list: ReadonlyArray<{ readonly name: string; readonly expr: string }> }
  readonly links: ReadonlyArray<{ readonly type: string; readonly url?: string; readonly tags: readonly string[] }>
}

export const provisioning = fileURLToPath(new URL('../../grafana-provisioning/', import.meta.url))
const folder = join(provisioning, 'dashboards')

/** By the names of their files. */
export function storedDashboards(): ReadonlyArray<readonly [file: string, dashboard: StoredDashboard, text: string]> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return files.map((name) => {
    const text = readFileSync(join(folder, name), 'utf8')
    return [name, JSON.parse(text) as StoredDashboard, text]
  })
}

/** The panels that show something: not the headings. */
export const shownPanels = ({ panels }: StoredDashboard): readonly StoredPanel[] => panels.filter(({ type }) => type !== 'row')

/** What a target asks. */
export const textOf = ({ rawSql, query, expr }: Target): string => rawSql ?? query ?? expr ?? ''
