import { readFileSync } from 'node:fs'
import { PLACE_TAGS, type TelegrafPoints, telegrafPoints } from './telegraf-points.ts'
import { telegrafSchema } from './telegraf-schema.ts'

/** Records of one consumer that are read and not yet written. */
const UNDELIVERED = 10_000

const list = (texts: readonly string[]): string => `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`
const recordOf = ({ event }: TelegrafPoints): string => `${event.name}_record`

const head = `# Telegraf, the speed layer: the readings of Kafka as they come, in the InfluxDB bucket \`speed_bucket\`. See docs/telegraf.md.
# Made from src/events/*.avsc and the view weather_data: \`npx vitest run test/telegraf -u\` writes it anew.

[agent]
  omit_hostname = true
  skip_processors_after_aggregators = true
  flush_interval = "1s"
  metric_batch_size = 5000
  # More than all consumers together may have read and not written: what does not fit would count as written.
  metric_buffer_limit = ${UNDELIVERED * (telegrafPoints.length + 1)}

# A file \`influx_speed_token\` with the token alone, no line break after it.
[[secretstores.docker]]
  id = "secrets"
  path = "\${TELEGRAF_SECRETS:-/run/secrets}"

[[outputs.influxdb_v2]]
  urls = ["\${INFLUX_URL:-http://127.0.0.1:8086}"]
  token = "@{secrets:influx_speed_token}"
  organization = "\${INFLUX_ORG:-windrow}"
  bucket = "\${INFLUX_SPEED_BUCKET:-speed_bucket}"
  timeout = "20s"
  namepass = ${list(telegrafPoints.map(({ measurement }) => measurement))}
`

const input = (points: TelegrafPoints): string => `
[[inputs.kafka_consumer]]
  alias = ${JSON.stringify(points.event.name)}
  # One address is enough, the others are learned from it. A list in one text is none.
  brokers = ["\${KAFKA_BROKERS:-127.0.0.1:9092}"]
  topics = ["\${WINDROW_TOPIC_${points.event.name.toUpperCase()}:-${points.event.defaultTopic}}"]
  consumer_group = "telegraf.${points.event.name}"
  offset = "oldest"
  kafka_version = "2.8.0"
  # An offset is committed when all before it is written.
  max_undelivered_messages = ${UNDELIVERED}
  startup_error_behavior = "retry"
  # As text, to be parsed below: the Avro parser ends Telegraf over a record of a byte or none.
  name_override = ${JSON.stringify(recordOf(points))}
  data_format = "value"
  data_type = "base64"
  value_field_name = "record"
`

const parser = (points: TelegrafPoints): string => `
[[processors.parser]]
  alias = ${JSON.stringify(points.event.name)}
  order = 1
  namepass = ${list([recordOf(points)])}
  # A zero byte, four of the schema id, and a body.
  metricpass = "fields.record.matches('^A[A-P][A-Za-z0-9+/]{14}')"
  parse_fields_base64 = ["record"]
  # Into the same metric: only that one is acknowledged when it is written.
  merge = "override-with-timestamp"
  data_format = "avro"
  avro_measurement = ${JSON.stringify(points.measurement)}
  avro_timestamp = "timestamp"
  avro_timestamp_format = "unix_ms"
  avro_union_mode = "nullable"
  avro_fields = ${list([...new Set([...points.keyTags, ...PLACE_TAGS, ...points.fields.map(({ name }) => name)])])}
  avro_schema = '''${telegrafSchema(points.event).json}'''
`

const tuple = (texts: readonly string[]): string => `(${texts.map((text) => `${JSON.stringify(text)}, `).join('')})`

const script = readFileSync(new URL('./points.star', import.meta.url), 'utf8')
  .replace(
    'KEY_TAGS = {}',
    `KEY_TAGS = {${telegrafPoints.map((points) => `\n    "${points.measurement}": ${tuple(points.keyTags)},`).join('')}\n}`,
  )
  .replace('PLACE_TAGS = ()', `PLACE_TAGS = ${tuple(PLACE_TAGS)}`)

const points = `
[[processors.starlark]]
  order = 2
  source = '''
${script}'''
`

/** The text of telegraf/telegraf.conf. */
export function telegrafConf(): string {
  return [head, ...telegrafPoints.map(input), ...telegrafPoints.map(parser), points].join('')
}
