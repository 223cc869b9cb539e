/** What docker-compose.yml asks .env for beside windrow's own settings: default and meaning. The ports are those of 127.0.0.1. */
export const composeVariables: Readonly<Record<string, readonly [fallback: string, doc: string]>> = {
  PORT_WINDROW: ['8000', 'Port of the page and the API.'],
  PORT_GRAFANA: ['3000', 'Port of Grafana.'],
  PORT_PROMETHEUS: ['9090', 'Port of Prometheus.'],
  PORT_KAFKA: ['9092', 'Port of Kafka.'],
  PORT_REGISTRY: ['8081', 'Port of the schema registry.'],
  PORT_POSTGRES: ['5432', 'Port of PostgreSQL.'],
  PORT_INFLUX: ['8086', 'Port of InfluxDB.'],
  PORT_CASSANDRA: ['9042', 'Port of Cassandra.'],
  PORT_KAFKA_UI: ['8082', "Port of the page of Kafka's topics, with `--profile ui`."],
  PORT_CADVISOR: ['8083', 'Port of cAdvisor, with `--profile containers`.'],
  GRAFANA_URL: ['http://127.0.0.1:3000', 'Where browsers reach Grafana, for links and for signing in behind a reverse proxy.'],
  PROMETHEUS_RETENTION: ['30d', 'How long Prometheus keeps figures.'],
  SPEED_BUCKET_DAYS: [
    '400',
    'Days for which the bucket of raw readings keeps points, 0 for ever. Older readings are not taken into it.',
  ],
}
