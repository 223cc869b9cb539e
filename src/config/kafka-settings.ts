import { list, oneOf, secret, text, url, wholeNumber } from './setting.ts'

/** The settings of the log on Kafka, by librdkafka's names in capitals. */
export const kafkaSettings = {
  kafkaBrokers: list('KAFKA_BROKERS', {
    section: 'kafka',
    fallback: [],
    pattern: '^[^\\s:]+:\\d{1,5}$',
    expects: 'host:port, several separated by commas',
    doc: 'Some brokers of Apache Kafka (3.1 or later); the others are found through them. Unset: the embedded log, in the data folder.',
  }),
  schemaRegistryUrl: secret(
    url('SCHEMA_REGISTRY_URL', ['http', 'https'], {
      section: 'kafka',
      fallback: null,
      doc: 'A Confluent-compatible schema registry, with user and password in the address where it wants them. Unset: schemas are kept in the topic `windrow.schemas`. Needs `KAFKA_BROKERS`.',
    }),
  ),
  kafkaSecurityProtocol: text<string | null>('KAFKA_SECURITY_PROTOCOL', {
    section: 'kafka',
    fallback: null,
    pattern: '^(?:plaintext|ssl|sasl_plaintext|sasl_ssl|PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)$',
    expects: 'plaintext, ssl, sasl_plaintext or sasl_ssl',
    doc: 'How to talk to the brokers (`security.protocol`). Unset: plaintext.',
  }),
  kafkaSaslMechanism: oneOf('KAFKA_SASL_MECHANISM', ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'], {
    section: 'kafka',
    fallback: 'PLAIN',
    doc: 'How to sign in where the protocol has SASL (`sasl.mechanism`).',
  }),
  kafkaSaslUsername: text<string | null>('KAFKA_SASL_USERNAME', {
    section: 'kafka',
    fallback: null,
    doc: 'Who signs in (`sasl.username`).',
  }),
  kafkaSaslPassphrase: secret(
    text<string | null>('KAFKA_SASL_PASSWORD', {
      section: 'kafka',
      fallback: null,
      doc: 'With which password (`sasl.password`).',
    }),
  ),
  kafkaOauthMethod: oneOf('KAFKA_SASL_OAUTHBEARER_METHOD', ['oidc'], {
    section: 'kafka',
    fallback: 'oidc',
    doc: 'Where the token of OAUTHBEARER comes from (`sasl.oauthbearer.method`): an endpoint that gives one for a client id and its secret.',
  }),
  kafkaOauthTokenEndpointUrl: url('KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL', ['https', 'http'], {
    section: 'kafka',
    fallback: null,
    doc: 'That endpoint (`sasl.oauthbearer.token.endpoint.url`).',
  }),
  kafkaOauthClientId: text<string | null>('KAFKA_SASL_OAUTHBEARER_CLIENT_ID', {
    section: 'kafka',
    fallback: null,
    doc: 'Who asks it (`sasl.oauthbearer.client.id`).',
  }),
  kafkaOauthClientSecret: secret(
    text<string | null>('KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET', {
      section: 'kafka',
      fallback: null,
      doc: 'With which secret (`sasl.oauthbearer.client.secret`).',
    }),
  ),
  kafkaOauthScope: text<string | null>('KAFKA_SASL_OAUTHBEARER_SCOPE', {
    section: 'kafka',
    fallback: null,
    doc: 'For which scope (`sasl.oauthbearer.scope`).',
  }),
  kafkaOauthExtensions: list('KAFKA_SASL_OAUTHBEARER_EXTENSIONS', {
    section: 'kafka',
    fallback: [],
    pattern: '^[A-Za-z]+=[^=]+$',
    expects: 'name=value, several separated by commas',
    doc: 'What is told to the brokers beside the token (`sasl.oauthbearer.extensions`).',
  }),
  kafkaSslCaLocation: text<string | null>('KAFKA_SSL_CA_LOCATION', {
    section: 'kafka',
    fallback: null,
    doc: "PEM file of the authorities that may have signed the brokers' certificates (`ssl.ca.location`). Unset: those that Node.js knows.",
  }),
  kafkaSslCaPem: secret(
    text<string | null>('KAFKA_SSL_CA_PEM', {
      section: 'kafka',
      fallback: null,
      doc: 'The same as text instead of a file (`ssl.ca.pem`).',
    }),
  ),
  kafkaSslCrlLocation: text<string | null>('KAFKA_SSL_CRL_LOCATION', {
    section: 'kafka',
    fallback: null,
    doc: 'PEM file of certificates that their authorities took back (`ssl.crl.location`).',
  }),
  kafkaSslCertificateLocation: text<string | null>('KAFKA_SSL_CERTIFICATE_LOCATION', {
    section: 'kafka',
    fallback: null,
    doc: "PEM file of this client's certificate (`ssl.certificate.location`).",
  }),
  kafkaSslKeyLocation: text<string | null>('KAFKA_SSL_KEY_LOCATION', {
    section: 'kafka',
    fallback: null,
    doc: 'PEM file of its key (`ssl.key.location`).',
  }),
  kafkaSslKeyPassphrase: secret(
    text<string | null>('KAFKA_SSL_KEY_PASSWORD', {
      section: 'kafka',
      fallback: null,
      doc: 'Password of that key (`ssl.key.password`).',
    }),
  ),
  kafkaSslCertificatePem: secret(
    text<string | null>('KAFKA_SSL_CERTIFICATE_PEM', {
      section: 'kafka',
      fallback: null,
      doc: 'That certificate as text instead of a file (`ssl.certificate.pem`).',
    }),
  ),
  kafkaSslKeyPem: secret(
    text<string | null>('KAFKA_SSL_KEY_PEM', {
      section: 'kafka',
      fallback: null,
      doc: 'That key as text instead of a file (`ssl.key.pem`).',
    }),
  ),
  kafkaSslKeystoreLocation: text<string | null>('KAFKA_SSL_KEYSTORE_LOCATION', {
    section: 'kafka',
    fallback: null,
    doc: "PKCS#12 file of this client's certificate and key together, instead of the PEM files (`ssl.keystore.location`).",
  }),
  kafkaSslKeystorePassphrase: secret(
    text<string | null>('KAFKA_SSL_KEYSTORE_PASSWORD', {
      section: 'kafka',
      fallback: null,
      doc: 'Password of that file (`ssl.keystore.password`).',
    }),
  ),
  kafkaSslCipherSuites: text<string | null>('KAFKA_SSL_CIPHER_SUITES', {
    section: 'kafka',
    fallback: null,
    doc: "Ciphers that may be used, in OpenSSL's words (`ssl.cipher.suites`). Unset: those of Node.js.",
  }),
  kafkaSslEndpointIdentification: oneOf('KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM', ['https', 'none'], {
    section: 'kafka',
    fallback: 'https',
    doc: "Whether a broker's certificate must be for the name or address that it is reached by (`ssl.endpoint.identification.algorithm`). With `none` whoever has any certificate of the same authority can pass for a broker.",
  }),
  kafkaSslVerification: oneOf('KAFKA_ENABLE_SSL_CERTIFICATE_VERIFICATION', ['true', 'false'], {
    section: 'kafka',
    fallback: 'true',
    doc: "Whether brokers' certificates are checked (`enable.ssl.certificate.verification`). Off, whoever is on the way can read and change everything.",
  }),
  kafkaClientId: text('KAFKA_CLIENT_ID', {
    section: 'kafka',
    fallback: 'windrow',
    pattern: '^[\\x21-\\x7e]{1,200}$',
    expects: 'at most 200 printable characters without blanks',
    doc: 'What reads and writes call themselves towards the brokers, for quotas and logs (`client.id`). Members of groups call themselves `windrow-PID-HOST`.',
  }),
  kafkaCompressionType: oneOf('KAFKA_COMPRESSION_TYPE', ['none', 'gzip', 'snappy', 'lz4', 'zstd'], {
    section: 'kafka',
    fallback: 'snappy',
    doc: 'How record batches are compressed that windrow writes (`compression.type`). `zstd` needs Node.js 22.15 or later. All of them are read. docs/kafka.md has figures.',
  }),
  kafkaCompressionLevel: wholeNumber<number | null>('KAFKA_COMPRESSION_LEVEL', {
    section: 'kafka',
    fallback: null,
    minimum: 1,
    maximum: 22,
    doc: 'How hard `gzip` (1 to 9) or `zstd` (1 to 22) tries (`compression.level`). Unset: 1 for gzip, 3 for zstd.',
  }),
  kafkaMessageMaxBytes: wholeNumber('KAFKA_MESSAGE_MAX_BYTES', {
    section: 'kafka',
    fallback: 983_040,
    minimum: 10_000,
    maximum: 16_777_216,
    doc: 'Bytes at which a record batch is closed, before compression (`message.max.bytes`). At most what the topics take (`max.message.bytes`, by default 1 MiB; topics that windrow makes take 16 MiB). A single record may be larger.',
  }),
  kafkaConnectTimeoutMs: wholeNumber('KAFKA_SOCKET_CONNECTION_SETUP_TIMEOUT_MS', {
    section: 'kafka',
    fallback: 5_000,
    minimum: 1_000,
    maximum: 60_000,
    doc: 'Milliseconds for the network, TLS and signing in to a broker together (`socket.connection.setup.timeout.ms`).',
  }),
  kafkaAnswerTimeoutMs: wholeNumber('KAFKA_SOCKET_TIMEOUT_MS', {
    section: 'kafka',
    fallback: 15_000,
    minimum: 15_000,
    maximum: 300_000,
    doc: 'Milliseconds after which an answer of a broker counts as lost (`socket.timeout.ms`).',
  }),
  kafkaSessionTimeoutMs: wholeNumber('KAFKA_SESSION_TIMEOUT_MS', {
    section: 'kafka',
    fallback: 10_000,
    minimum: 6_000,
    maximum: 300_000,
    doc: 'Milliseconds after which a process that shows no sign of life loses its partitions to the others (`session.timeout.ms`).',
  }),
  kafkaReplicationFactor: wholeNumber<number | null>('KAFKA_REPLICATION_FACTOR', {
    section: 'kafka',
    fallback: null,
    minimum: 1,
    maximum: 32_767,
    doc: "Copies of each partition of topics that are made. Unset: the brokers' `default.replication.factor`.",
  }),
} as const
