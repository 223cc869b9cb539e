import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka } from '../../../scripts/services/kafka.js'
import { type Certificates, makeCertificates } from './certificates.ts'

/** A broker that lets in by every way there is, each on a port of its own; `open` is for who sets it up. */
export interface SecuredKafka {
  /** As KAFKA_BROKERS. */
  readonly at: Readonly<Record<'open' | 'sasl' | 'short' | 'tls' | 'mutual' | 'both' | 'strange', string>>
  readonly certificates: Certificates
  /** Shuts it down and starts it again. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** How long `short` lets who signed in stay. */
export const SESSION_MS = 1_500

export const password = 'what-alice-knows'

/**
 * `alice` may everything, and whoever comes in without a name too; `bob` may what a test allows him.
 */
export async function startSecuredKafka(settings: Readonly<Record<string, string>> = {}): Promise<SecuredKafka> {
  const folder = await mkdtemp(join(tmpdir(), 'windrow-certificates-'))
  const certificates = await makeCertificates(folder)
  const tls = (keys: string): Record<string, string> => ({
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keys,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': certificates.ca,
  })
  const kafka = await startKafka({
    users: { alice: password, bob: password },
    listeners: {
      SHORT: { protocol: 'SASL_PLAINTEXT', settings: { 'plain.connections.max.reauth.ms': String(SESSION_MS) } },
      OPEN: { protocol: 'PLAINTEXT' },
      TLS: { protocol: 'SSL', settings: tls(certificates.broker) },
      STRANGE: { protocol: 'SSL', settings: tls(certificates.stranger) },
      MUTUAL: { protocol: 'SSL', settings: { ...tls(certificates.broker), 'ssl.client.auth': 'required' } },
      BOTH: { protocol: 'SASL_SSL', settings: tls(certificates.broker) },
    },
    settings: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS;User:alice;User:CN=client',
      ...settings,
    },
  })
  const { OPEN = '', SHORT = '', TLS = '', STRANGE = '', MUTUAL = '', BOTH = '' } = kafka.listeners
  return {
    at: { open: OPEN, sasl: kafka.brokers, short: SHORT, tls: TLS, mutual: MUTUAL, both: BOTH, strange: STRANGE },
    certificates,
    async restart() {
      await kafka.kill('SIGTERM')
      await kafka.start()
    },
    async stop() {
      await kafka.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
