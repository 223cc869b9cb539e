import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import { influxdb, postgres, prometheus } from './data-sources.ts'
import type { Sql } from './sql.ts'

interface Asked {
  readonly name: string
  readonly label: string
  readonly description: string
}

const all = { selected: true, text: ['All'], value: ['$__all'] }

function chosen({ name, label, description }: Asked): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .current(all)
    .regex('')
}

/** Several of what a query of Postgres lists, or all of them. */
export const sqlVariable = (asked: Asked, { sql }: Sql): dashboard.VariableModel =>
  chosen(asked)
    .datasource({ ...postgres })
    .query(sql)
    .definition(sql)
    .build()

/** Several of what a query of InfluxDB lists. Text, where given, stands for all: a regular expression. */
export function fluxVariable(asked: Asked, flux: string, allValue?: string): dashboard.VariableModel {
  const variable = chosen(asked)
    .datasource({ ...influxdb })
    .query({ query: flux, refId: `variable-${asked.name}` })
    .definition(flux)
  return (allValue === undefined ? variable : variable.allValue(allValue)).build()
}

/** Several values of a label of a metric. */
export function promVariable(asked: Asked, metric: string, label: string): dashboard.VariableModel {
  const query = `label_values(${metric}, ${label})`
  return chosen(asked)
    .datasource({ ...prometheus })
    .query({ query, qryType: 1, label, metric, refId: `variable-${asked.name}` })
    .definition(query)
    .build()
}

/** One of a few texts, the first one unless somebody chooses. */
export function choice({ name, label, description }: Asked, values: readonly [string, ...string[]]): dashboard.VariableModel {
  const options = values.map((value, i) => ({ text: value, value, selected: i === 0 }))
  return new dashboard.CustomVariableBuilder(name)
    .label(label)
    .description(description)
    .values(values.join(','))
    .options(options)
    .current(options[0] as dashboard.VariableOption)
    .build()
}

/** Where windrow's page is, for the browser that looks at Grafana. Not shown; `?var-windrow=…` changes it. */
export const windrowAddress: dashboard.VariableModel = new dashboard.TextBoxVariableBuilder('windrow')
  .label('Address of windrow')
  .description('Where links to windrow go: the address of its page as the browser has it')
  .hide(dashboard.VariableHide.HideVariable)
  .defaultValue('http://127.0.0.1:8000')
  .current({ selected: true, text: 'http://127.0.0.1:8000', value: 'http://127.0.0.1:8000' })
  .build()
