import { readFileSync } from 'node:fs'
import type { Config } from '../config/load-config.ts'
import { messageOf, WindrowError } from '../core/errors.ts'
import type { KafkaLogOptions, LogOnKafka } from '../log/kafka/kafka-log.ts'

/** Opens the log on the configured brokers. The clients are loaded only here: who has no Kafka does not wait for them. */
export async function openConfiguredKafka(config: Config, onRetention?: KafkaLogOptions['onRetention']): Promise<LogOnKafka> {
  const { openKafkaLog } = await import('../log/kafka/kafka-log.ts')
  return openKafkaLog({ ...kafkaOptions(config), ...(onRetention === undefined ? {} : { onRetention }) })
}

/** From settings with librdkafka's names to what the clients take. */
export function kafkaOptions(config: Config): KafkaLogOptions {
  const protocol = (config.kafkaSecurityProtocol ?? 'plaintext').toLowerCase()
  return {
    brokers: config.kafkaBrokers,
    schemaRegistryUrl: config.schemaRegistryUrl?.reveal() ?? null,
    sessionTimeoutMs: config.kafkaSessionTimeoutMs,
    replicationFactor: config.kafkaReplicationFactor,
    ...(protocol.endsWith('ssl') ? { tls: tlsOf(config) } : {}),
    ...(protocol.startsWith('sasl') ? { sasl: saslOf(config) } : {}),
  }
}

function tlsOf(config: Config): NonNullable<KafkaLogOptions['tls']> {
  const passphrase = config.kafkaSslKeyPassphrase?.reveal()
  return {
    ...fileAt('ca', 'KAFKA_SSL_CA_LOCATION', config.kafkaSslCaLocation),
    ...fileAt('cert', 'KAFKA_SSL_CERTIFICATE_LOCATION', config.kafkaSslCertificateLocation),
    ...fileAt('key', 'KAFKA_SSL_KEY_LOCATION', config.kafkaSslKeyLocation),
    ...(passphrase === undefined ? {} : { passphrase }),
    rejectUnauthorized: config.kafkaSslVerification === 'true',
  }
}

function saslOf({ kafkaSaslMechanism, kafkaSaslUsername, kafkaSaslPassphrase }: Config): NonNullable<KafkaLogOptions['sasl']> {
  if (kafkaSaslUsername === null || kafkaSaslPassphrase === null) {
    throw new WindrowError('WR_CONFIG_INVALID', {
      message: 'KAFKA_SECURITY_PROTOCOL asks for SASL, but nobody is named who signs in.',
      remedy: 'Set KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD (or KAFKA_SASL_PASSWORD_FILE).',
      kind: 'usage',
    })
  }
  return { mechanism: kafkaSaslMechanism, username: kafkaSaslUsername, password: kafkaSaslPassphrase.reveal() }
}

function fileAt<K extends string>(name: K, variable: string, path: string | null): { readonly [P in K]?: Buffer } {
  if (path === null) return {}
  try {
    return { [name]: readFileSync(path) } as { readonly [P in K]: Buffer }
  } catch (error) {
    throw new WindrowError('WR_CONFIG_INVALID', {
      message: `${variable} names ${path}, which cannot be read: ${messageOf(error)}`,
      remedy: 'Name a PEM file that this user may read.',
      kind: 'usage',
      cause: error,
    })
  }
}
