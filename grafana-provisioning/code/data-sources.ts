/** How panels refer to the data sources of datasources/windrow.yaml. */
export const influxdb = { type: 'influxdb', uid: 'windrow-influxdb' } as const
export const postgres = { type: 'grafana-postgresql-datasource', uid: 'windrow-postgres' } as const
export const prometheus = { type: 'prometheus', uid: 'windrow-prometheus' } as const

export type DataSource = typeof influxdb | typeof postgres | typeof prometheus
