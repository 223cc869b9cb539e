// @ts-check

/**
 * A server that tests may end and start again.
 * @typedef {object} Service
 * @property {string} name
 * @property {() => string} log what it printed so far
 * @property {number | null} pid null while it does not run, and where a container runs it
 * @property {boolean} runs
 * @property {() => Promise<void>} start resolves when it answers; rejects with its log when it ends or never does
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill sends the signal (SIGKILL unless told otherwise) and waits until the
 *   server is gone, except for SIGSTOP and SIGCONT
 * @property {() => Promise<void>} stop SIGTERM, and resolves when it is gone
 */

/**
 * @typedef {object} KafkaOptions
 * @property {string} [folder] where its data stays; by default a temporary folder that is removed in the end. A container's data
 *   is in a volume of its own and always removed
 * @property {number} [nodes] brokers of the cluster, 1 unless told otherwise; the first one is the controller too
 * @property {number} [port] of the first broker
 * @property {Readonly<Record<string, string>>} [users] passwords by name: clients come in by SASL (SASL_PLAINTEXT) alone, with PLAIN,
 *   SCRAM-SHA-256 or SCRAM-SHA-512; OAUTHBEARER takes unsigned tokens too. Neither may hold blanks or commas
 * @property {Readonly<Record<string, Listener>>} [listeners] more ways in, by name, on ports of their own
 * @property {Readonly<Record<string, string>>} [settings] of server.properties, over ours
 * @property {string} [maxHeap] `512m` unless told otherwise
 */

/**
 * @typedef {object} Listener
 * @property {'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'} protocol
 * @property {Readonly<Record<string, string>>} [settings] of server.properties, for this listener alone: `ssl.keystore.location`
 */

/**
 * @typedef {object} Kafka
 * @property {string} brokers what KAFKA_BROKERS says
 * @property {Readonly<Record<string, string>>} listeners the same for the other ways in, by their names
 * @property {readonly Service[]} nodes
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill sends the signal to all nodes, as their own `kill`
 * @property {() => Promise<void>} start starts those nodes that do not run
 * @property {() => Promise<void>} stop ends all that was started, and removes what it left behind
 */

/**
 * @typedef {object} Registry
 * @property {string} url what SCHEMA_REGISTRY_URL says
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill
 * @property {() => Promise<void>} start
 * @property {() => Promise<void>} stop ends it, and removes what it left behind
 */

/**
 * @typedef {object} PostgresOptions
 * @property {string} [folder] where its data stays; by default a temporary folder that is removed in the end. A container's data is in a
 *   volume of its own and always removed
 * @property {number} [port]
 * @property {string} [superuser] `windrow` unless told otherwise; not of a container
 * @property {string | null} [password] of that user (SCRAM-SHA-256); null, or left out: whoever comes is let in
 * @property {boolean} [fsync] whether it waits for the disk, as users have it; not unless told otherwise. A container always does
 * @property {Readonly<Record<string, string>>} [settings] of postgresql.conf, over ours
 */

/**
 * @typedef {object} Postgres
 * @property {string} url what POSTGRES_URL says
 * @property {number} port
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill as of a service; its children get the signal too
 * @property {() => Promise<void>} start
 * @property {() => Promise<void>} end asks it to end in order, and resolves when it is gone
 * @property {() => string} log
 * @property {() => Promise<void>} stop ends it, and removes what it left behind
 */

/**
 * @typedef {object} Influxdb
 * @property {string} url what INFLUX_URL says
 * @property {string} token what INFLUX_TOKEN says: it may do everything
 * @property {string} org
 * @property {string} bucket keeps points for ever
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill as of a service
 * @property {() => Promise<void>} start
 * @property {() => string} log
 * @property {() => Promise<void>} stop ends it, and removes what it left behind
 */

/**
 * @typedef {object} Minio
 * @property {string} url what S3_ENDPOINT says
 * @property {string} bucket
 * @property {string} accessKeyId may do everything
 * @property {string} secretAccessKey
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill as of a service
 * @property {() => Promise<void>} start
 * @property {() => string} log
 * @property {() => Promise<void>} stop ends it, and removes what it left behind
 */

/**
 * @typedef {object} TelegrafOptions
 * @property {string} brokers as KAFKA_BROKERS; the first one is told to it
 * @property {Pick<Influxdb, 'url' | 'token' | 'org'>} influxdb
 * @property {string} [bucket] made where it is missing; `speed_bucket` unless told otherwise
 * @property {Readonly<Record<string, string>>} [environment] more settings of telegraf.conf: topics
 */

/**
 * @typedef {object} Telegraf
 * @property {string} bucket
 * @property {boolean} runs
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill as of a service
 * @property {() => Promise<void>} start
 * @property {() => string} log
 * @property {() => Promise<void>} stop ends it, and removes what it left behind
 */

/**
 * @typedef {object} CassandraOptions
 * @property {number} [port] where clients come in
 * @property {boolean} [hasUsers] clients sign in; there is the superuser `cassandra` with the password `cassandra`
 * @property {CassandraTls} [tls] clients may come in by TLS
 * @property {Readonly<Record<string, unknown>>} [settings] of cassandra.yaml, over ours
 * @property {string} [maxHeap] `320m` unless told otherwise
 */

/**
 * @typedef {object} CassandraTls
 * @property {string} keystore path of a PKCS#12 file with the node's certificate and key
 * @property {string} password
 */

/**
 * @typedef {object} Cassandra
 * @property {string} contactPoint what CASSANDRA_CONTACT_POINTS says
 * @property {number} port
 * @property {string} dataCentre what CASSANDRA_LOCAL_DC says
 * @property {Service} node
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill
 * @property {() => Promise<void>} start
 * @property {() => Promise<void>} stop ends it, and removes what it left behind
 */

/**
 * @typedef {object} PrometheusOptions
 * @property {number} [port]
 * @property {Readonly<Record<string, readonly string[]>>} [jobs] what is scraped: `host:port`, by the name of the job
 * @property {number} [intervalMs] between two scrapes, and between two evaluations of rules; 1,000 unless told otherwise
 * @property {readonly string[]} [ruleFiles] paths
 * @property {readonly string[]} [alertmanagers] `host:port`
 */

/**
 * @typedef {object} Prometheus
 * @property {string} url
 * @property {string} folder its configuration, data and log
 * @property {(jobs: Readonly<Record<string, readonly string[]>>) => Promise<void>} scrape other targets from now on
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill as of a service
 * @property {() => Promise<void>} start
 * @property {() => Promise<void>} end asks it to end in order, and resolves when it is gone
 * @property {() => string} log
 * @property {() => Promise<void>} stop ends it, and removes what it left behind
 */

/**
 * A server of figures or alerts, as `Service` has it.
 * @typedef {object} Exporter
 * @property {string} url
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill
 * @property {() => Promise<void>} start
 * @property {() => string} log
 * @property {() => Promise<void>} stop ends it, and removes what it left behind
 */

export {}
