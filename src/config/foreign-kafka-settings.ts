import leven from 'leven'
import type { Mistake } from './mistake.ts'
import { allSettings, settings } from './settings.ts'
import { nearest } from './unknown-settings.ts'

/** What becomes of a setting that other clients of Kafka have and windrow has not. */
interface Foreign {
  /** Of the variable's name behind `KAFKA_`: librdkafka's or the Java client's name in capitals. */
  readonly names: RegExp
  /** `refused`: going on without it would connect elsewhere, or less safely, than somebody wanted. `told`: windrow decides it itself. */
  readonly is: 'refused' | 'told'
  /** What to do, or why it has no effect. */
  readonly instead: string
}

const names = (...list: readonly string[]): RegExp => new RegExp(`^(?:${list.join('|')})$`)

const foreign: readonly Foreign[] = [
  {
    names: names(
      'BOOTSTRAP_SERVERS',
      'METADATA_BROKER_LIST',
      'BROKER',
      'BROKER_LIST',
      'BOOTSTRAP_BROKERS',
      'BROKER_URL',
      'SERVERS',
    ),
    is: 'refused',
    instead: 'Name the brokers in KAFKA_BROKERS',
  },
  { names: names('SASL_MECHANISMS'), is: 'refused', instead: 'Set KAFKA_SASL_MECHANISM' },
  { names: names('SASL_JAAS_CONFIG'), is: 'refused', instead: 'Set KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD' },
  { names: names('COMPRESSION_CODEC'), is: 'refused', instead: 'Set KAFKA_COMPRESSION_TYPE' },
  {
    names: names('SSL_TRUSTSTORE_.*', 'SSL_CA_CERTIFICATE_STORES'),
    is: 'refused',
    instead: 'Name a PEM file of the authorities in KAFKA_SSL_CA_LOCATION',
  },
  {
    names: names('SSL_KEYSTORE_(?:TYPE|KEY|CERTIFICATE_CHAIN)'),
    is: 'refused',
    instead: 'Set KAFKA_SSL_KEY_PEM and KAFKA_SSL_CERTIFICATE_PEM',
  },
  {
    names: names('HTTPS_CA_.*'),
    is: 'refused',
    instead: "Name the PEM file in NODE_EXTRA_CA_CERTS, which is Node.js's own",
  },
  {
    names: names('SASL_OAUTHBEARER_.*'),
    is: 'refused',
    instead: 'Tokens are got for KAFKA_SASL_OAUTHBEARER_CLIENT_ID and KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET alone',
  },
  {
    names: names('SASL_KERBEROS_.*', 'SASL_LOGIN_.*', 'SASL_CLIENT_.*'),
    is: 'refused',
    instead: 'KAFKA_SASL_MECHANISM says what windrow can sign in with; Kerberos is not among it',
  },
  {
    names: names(
      'SSL_(?:ENGINE_.*|PROVIDERS?|PROTOCOL|ENABLED_PROTOCOLS|CURVES_LIST|SIGALGS_LIST|SECURE_RANDOM_.*|.*MANAGER_ALGORITHM)',
    ),
    is: 'refused',
    instead: 'TLS is that of Node.js, which KAFKA_SSL_CIPHER_SUITES can narrow',
  },
  {
    names: names('MAX_REQUEST_SIZE', 'MESSAGE_COPY_MAX_BYTES'),
    is: 'refused',
    instead: 'Set KAFKA_MESSAGE_MAX_BYTES',
  },
  {
    names: names(
      'LINGER_MS',
      'BATCH_SIZE',
      'BATCH_NUM_MESSAGES',
      'QUEUE_BUFFERING_.*',
      'BUFFER_MEMORY',
      'STICKY_.*',
      'PARTITIONER.*',
    ),
    is: 'told',
    instead:
      'each commit is sent at once, in batches of KAFKA_MESSAGE_MAX_BYTES, to the partition of the key; WINDROW_COMMIT_INTERVAL_MS says how long rows wait',
  },
  {
    names: names(
      'ACKS',
      'REQUEST_REQUIRED_ACKS',
      'ENABLE_IDEMPOTENCE',
      'ENABLE_GAPLESS_GUARANTEE',
      'MAX_IN_FLIGHT.*',
      'RETRIES',
      'MESSAGE_SEND_MAX_RETRIES',
      'RETRY_.*',
      'DELIVERY_.*',
      'MESSAGE_TIMEOUT_MS',
      'TRANSACTION.*',
      'PRODUCER_.*',
    ),
    is: 'told',
    instead:
      'windrow writes idempotently to all in-sync replicas, commits in transactions with ids of its own, and tries again by itself',
  },
  {
    names: names('REQUEST_TIMEOUT_MS', 'SOCKET_.*', 'CONNECTIONS_.*', 'RECONNECT_.*'),
    is: 'told',
    instead: 'see KAFKA_SOCKET_TIMEOUT_MS and KAFKA_SOCKET_CONNECTION_SETUP_TIMEOUT_MS',
  },
  {
    names: names('ISOLATION_LEVEL'),
    is: 'told',
    instead: 'windrow reads committed records alone',
  },
  {
    names: names(
      'GROUP_.*',
      'PARTITION_ASSIGNMENT_.*',
      'HEARTBEAT_.*',
      'MAX_POLL_.*',
      'ENABLE_AUTO_.*',
      'AUTO_.*',
      'ENABLE_PARTITION_EOF',
      'OFFSET_.*',
      'CONSUMER_.*',
    ),
    is: 'told',
    instead:
      'windrow names its groups and keeps their progress itself; KAFKA_SESSION_TIMEOUT_MS says when a silent process is out',
  },
  {
    names: names('FETCH_.*', 'MAX_PARTITION_FETCH_BYTES', 'RECEIVE_MESSAGE_MAX_BYTES', 'QUEUED_.*', 'CHECK_CRCS', 'CLIENT_RACK'),
    is: 'told',
    instead: 'windrow reads from the leaders, as much ahead as WINDROW_MEMORY_MB has room for, and checks every checksum',
  },
  {
    names: names(
      'METADATA_.*',
      'TOPIC_.*',
      'ALLOW_AUTO_CREATE_TOPICS',
      'API_VERSION_.*',
      'BROKER_.*',
      'CLIENT_DNS_LOOKUP',
      'ENABLE_SPARSE_.*',
    ),
    is: 'told',
    instead: 'windrow asks the brokers what they lead and speak, and makes the topics that it needs',
  },
  {
    names: names('DEBUG', 'LOG_LEVEL', 'LOG_QUEUE', 'LOG_CONNECTION_CLOSE', 'STATISTICS_.*', 'ENABLE_METRICS_PUSH', 'METRIC_.*'),
    is: 'told',
    instead: 'WINDROW_LOG_LEVEL says how much is told, and /metrics has the figures',
  },
]

/** A name as near as this to one of ours is a typing error, not another program's. */
const TYPING_ERROR = 2

interface Found {
  readonly mistakes: readonly Mistake[]
  readonly notices: readonly string[]
}

/**
 * Looks at every `KAFKA_…` variable that is no setting of windrow. Kafka's own scripts and images have variables of this kind too, so that one that
 * nobody knows is told and not refused.
 */
export function foreignKafkaSettings(given: ReadonlyMap<string, string>): Found {
  const known = allSettings.map(([, { variable }]) => variable)
  const usesKafka = given.has(settings.kafkaBrokers.variable)
  const mistakes: Mistake[] = []
  const notices: string[] = []
  const others: string[] = []
  const unused: string[] = []
  for (const variable of given.keys()) {
    if (!variable.startsWith('KAFKA_')) continue
    if (known.includes(variable)) {
      if (!usesKafka) unused.push(variable)
      continue
    }
    const rule = foreign.find(({ names }) => names.test(variable.slice('KAFKA_'.length)))
    const isAddress = rule === foreign[0]
    if (rule?.is === 'refused' && (usesKafka || isAddress)) {
      mistakes.push({ setting: variable, problem: 'is no setting of windrow', remedy: `${rule.instead}; unset this one.` })
    } else if (rule === undefined && isTypingError(variable, known)) {
      mistakes.push({
        setting: variable,
        problem: 'is no setting of windrow',
        remedy: `Did you mean ${nearest(variable, known)}? Rename or unset it.`,
      })
    } else if (rule?.is === 'told' && usesKafka) notices.push(`${variable} is set, but has no effect: ${rule.instead}.`)
    else if (usesKafka) others.push(variable)
  }
  if (others.length > 0) {
    notices.push(`${listed(others)} set, but no setting of windrow, which has those in docs/configuration.md.`)
  }
  if (unused.length > 0) notices.push(`${listed(unused)} set, but KAFKA_BROKERS is not: the log is the embedded one.`)
  return { mistakes, notices }
}

const listed = (variables: readonly string[]): string => `${variables.join(', ')} ${variables.length === 1 ? 'is' : 'are'}`

function isTypingError(variable: string, known: readonly string[]): boolean {
  const alike = nearest(
    variable,
    known.filter((name) => name.startsWith('KAFKA_')),
  )
  return alike !== null && leven(variable, alike) <= TYPING_ERROR
}
