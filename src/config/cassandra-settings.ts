import { list, oneOf, secret, text } from './setting.ts'

/** The settings of the sink that writes to Apache Cassandra. */
export const cassandraSettings = {
  cassandraContactPoints: list('CASSANDRA_CONTACT_POINTS', {
    section: 'cassandra',
    fallback: [],
    pattern: '^(?:\\[[0-9a-fA-F:.]+\\]:\\d{1,5}|[^\\s,:\\[\\]]+(?::\\d{1,5})?)$',
    expects: 'host or host:port, several separated by commas',
    doc: 'Some nodes of an Apache Cassandra cluster (4.0 or later); the others are found through them. The port is 9042 unless it is given.',
  }),
  cassandraLocalDc: text<string | null>('CASSANDRA_LOCAL_DC', {
    section: 'cassandra',
    fallback: null,
    doc: 'The data centre whose nodes are talked to. Unset: that of the first node that answers.',
  }),
  cassandraKeyspace: text('CASSANDRA_KEYSPACE', {
    section: 'cassandra',
    fallback: 'windrow',
    pattern: '^[a-z][a-z0-9_]{0,47}$',
    expects: 'small letters, digits and underscores, at most 48',
    doc: 'The keyspace of the views. It is made when it is missing.',
  }),
  cassandraReplication: list('CASSANDRA_REPLICATION', {
    section: 'cassandra',
    fallback: [],
    pattern: '^(?:[^\\s,:]+:)?[1-9]\\d?$',
    expects: 'a number of copies, or data centres with theirs: dc1:3,dc2:2',
    doc: 'Copies of each row, for a keyspace that is made. Unset: 3 in the local data centre, or as many as it has nodes. One that is there stays as it is.',
  }),
  cassandraConsistency: oneOf('CASSANDRA_CONSISTENCY', ['LOCAL_ONE', 'ONE', 'LOCAL_QUORUM', 'QUORUM', 'ALL'], {
    section: 'cassandra',
    fallback: 'LOCAL_QUORUM',
    doc: 'How many copies a write waits for and a read asks. With `ONE` or `LOCAL_ONE` a node that is lost may take with it what was acknowledged.',
  }),
  cassandraUsername: text<string | null>('CASSANDRA_USERNAME', {
    section: 'cassandra',
    fallback: null,
    doc: 'The role that signs in. Unset: nobody does.',
  }),
  cassandraPassphrase: secret(
    text<string | null>('CASSANDRA_PASSWORD', {
      section: 'cassandra',
      fallback: null,
      doc: 'Its password.',
    }),
  ),
  cassandraTls: oneOf('CASSANDRA_TLS', ['false', 'true'], {
    section: 'cassandra',
    fallback: 'false',
    doc: 'Whether connections are encrypted. Nodes have to show a certificate then.',
  }),
  cassandraTlsCaLocation: text<string | null>('CASSANDRA_TLS_CA_LOCATION', {
    section: 'cassandra',
    fallback: null,
    doc: "PEM file of the authorities that may have signed the nodes' certificates. Unset: those that Node.js knows.",
  }),
  cassandraTlsCertificateLocation: text<string | null>('CASSANDRA_TLS_CERTIFICATE_LOCATION', {
    section: 'cassandra',
    fallback: null,
    doc: "PEM file of this client's certificate, for nodes that ask for one.",
  }),
  cassandraTlsKeyLocation: text<string | null>('CASSANDRA_TLS_KEY_LOCATION', {
    section: 'cassandra',
    fallback: null,
    doc: 'PEM file of its key.',
  }),
  cassandraTlsHostCheck: oneOf('CASSANDRA_TLS_HOST_CHECK', ['true', 'false'], {
    section: 'cassandra',
    fallback: 'true',
    doc: "Whether a node's certificate must be for the IP address that it is reached by: names are resolved before. With `false` whoever has any certificate of the same authority can pass for a node.",
  }),
} as const
