// The plugins that are built. They stand here since what is built is named by this file.
// tags: custom,inputs.kafka_consumer,outputs.influxdb_v2,parsers.avro,parsers.value,processors.parser,processors.starlark,secretstores.docker

module windrow.invalid/services/telegraf

go 1.25.5

require github.com/influxdata/telegraf v1.37.2
