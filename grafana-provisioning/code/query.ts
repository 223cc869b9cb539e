import type { Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import type { DataSource } from './data-sources.ts'

/** What a panel asks of a data source, without the letter that names it in its panel. */
export interface Query {
  readonly datasource: DataSource
  readonly model: Readonly<Record<string, unknown>>
}

/** As Grafana keeps it in a dashboard. The SDK has builders of queries for Prometheus alone, and types this as a class. */
export const dataquery = ({ datasource, model }: Query, refId: string): Dataquery =>
  ({ refId, datasource, ...model }) as unknown as Dataquery
