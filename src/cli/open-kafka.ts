import { createSecureContext } from 'node:tls'
import type { Config } from '../config/load-config.ts'
import { messageOf, WindrowError } from '../core/errors.ts'
import { fileNamedBy } from '../core/file-named-by.ts'
import type { KafkaLogOptions, LogOnKafka } from '../log/kafka/kafka-log.ts'

type Sasl = NonNullable<KafkaLogOptions['sasl']>
type Tls = NonNullable<KafkaLogOptions['tls']>

/** Opens the log on the configured brokers. The clients are loaded only here: who has no Kafka does not wait for them. */
export async function openConfiguredKafka(config: Config, onRetention?: KafkaLogOptions['onRetention']): Promise<LogOnKafka> {
  const { openKafkaLog } = await import('../log/kafka/kafka-log.ts')
  return openKafkaLog({ ...(await kafkaOptions(config)), ...(onRetention === undefined ? {} : { onRetention }) })
}

/** From settings with librdkafka's names to what the clients take. */
async function kafkaOptions(config: Config): Promise<KafkaLogOptions> {
  const protocol = (config.kafkaSecurityProtocol ?? 'plaintext').toLowerCase()
  return {
    brokers: config.kafkaBrokers,
    clientId: config.kafkaClientId,
    schemaRegistryUrl: config.schemaRegistryUrl?.reveal() ?? null,
    sessionTimeoutMs: config.kafkaSessionTimeoutMs,
    connectTimeoutMs: config.kafkaConnectTimeoutMs,
    answerTimeoutMs: config.kafkaAnswerTimeoutMs,
    replicationFactor: config.kafkaReplicationFactor,
    compression: { type: config.kafkaCompressionType, level: config.kafkaCompressionLevel },
    maxBatchBytes: config.kafkaMessageMaxBytes,
    ...(protocol.endsWith('ssl') ? { tls: tlsOf(config) } : {}),
    ...(protocol.startsWith('sasl') ? { sasl: await saslOf(config) } : {}),
  }
}

function tlsOf(config: Config): Tls {
  const keystore = config.kafkaSslKeystoreLocation
  const passphrase = (keystore === null ? config.kafkaSslKeyPassphrase : config.kafkaSslKeystorePassphrase)?.reveal()
  const options: Tls = {
    ...given('ca', config.kafkaSslCaPem?.reveal() ?? fileNamedBy('KAFKA_SSL_CA_LOCATION', config.kafkaSslCaLocation)),
    ...given('crl', fileNamedBy('KAFKA_SSL_CRL_LOCATION', config.kafkaSslCrlLocation)),
    ...given(
      'cert',
      config.kafkaSslCertificatePem?.reveal() ??
        fileNamedBy('KAFKA_SSL_CERTIFICATE_LOCATION', config.kafkaSslCertificateLocation),
    ),
    ...given('key', config.kafkaSslKeyPem?.reveal() ?? fileNamedBy('KAFKA_SSL_KEY_LOCATION', config.kafkaSslKeyLocation)),
    ...given('pfx', fileNamedBy('KAFKA_SSL_KEYSTORE_LOCATION', keystore)),
    ...given('ciphers', config.kafkaSslCipherSuites),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(config.kafkaSslEndpointIdentification === 'none' ? { checkServerIdentity: () => undefined } : {}),
    rejectUnauthorized: config.kafkaSslVerification === 'true',
  }
  try {
    // Made for what it says of keys, passwords and ciphers that do not fit: later every connection would fail for them.
    createSecureContext(options)
  } catch (error) {
    throw new WindrowError('WR_CONFIG_INVALID', {
      message: `The KAFKA_SSL_… settings do not fit together: ${messageOf(error)}`,
      remedy:
        'Look whether the files are PEM (the keystore: PKCS#12), the key is that of the certificate, and KAFKA_SSL_KEY_PASSWORD or KAFKA_SSL_KEYSTORE_PASSWORD is right.',
      kind: 'usage',
      cause: error,
    })
  }
  return options
}

async function saslOf(config: Config): Promise<Sasl> {
  if (config.kafkaSaslMechanism === 'OAUTHBEARER') {
    const { oauthToken } = await import('../log/kafka/oauth-token.ts')
    return {
      mechanism: 'OAUTHBEARER',
      token: oauthToken({
        url: config.kafkaOauthTokenEndpointUrl ?? '',
        clientId: config.kafkaOauthClientId ?? '',
        clientSecret: config.kafkaOauthClientSecret?.reveal() ?? '',
        scope: config.kafkaOauthScope,
      }),
      oauthBearerExtensions: Object.fromEntries(config.kafkaOauthExtensions.map((one) => one.split('=', 2))),
    }
  }
  // The configuration was refused if one of them were missing.
  const { kafkaSaslMechanism: mechanism, kafkaSaslUsername: username, kafkaSaslPassphrase: password } = config
  return { mechanism, username: username ?? '', password: password?.reveal() ?? '' }
}

function given<K extends string, V>(name: K, value: V | null): { readonly [P in K]?: V } {
  return value === null ? {} : ({ [name]: value } as { readonly [P in K]: V })
}
