import * as zlib from 'node:zlib'
import type { Mistake } from './mistake.ts'
import { allSettings, type SettingValues, settings } from './settings.ts'

const HIGHEST_LEVEL = { gzip: 9, zstd: 22, none: 0, snappy: 0, lz4: 0 } as const

/** What is wrong with the settings of Kafka together: what misses its other half, and what the chosen protocol makes no use of. */
export function kafkaMistakes(given: ReadonlyMap<string, string>, values: SettingValues): readonly Mistake[] {
  if (values.kafkaBrokers.length === 0) return []
  const protocol = (values.kafkaSecurityProtocol ?? 'plaintext').toLowerCase()
  return [
    ...(protocol.startsWith('sasl') ? signInMistakes(values) : []),
    ...uselessSettings(given, protocol),
    ...certificateMistakes(given),
    ...compressionMistakes(values),
  ]
}

function signInMistakes(values: SettingValues): readonly Mistake[] {
  const needed =
    values.kafkaSaslMechanism === 'OAUTHBEARER'
      ? ([
          [settings.kafkaOauthTokenEndpointUrl, values.kafkaOauthTokenEndpointUrl],
          [settings.kafkaOauthClientId, values.kafkaOauthClientId],
          [settings.kafkaOauthClientSecret, values.kafkaOauthClientSecret],
        ] as const)
      : ([
          [settings.kafkaSaslUsername, values.kafkaSaslUsername],
          [settings.kafkaSaslPassphrase, values.kafkaSaslPassphrase],
        ] as const)
  const missing = needed.filter(([, value]) => value === null).map(([{ variable }]) => variable)
  if (missing.length === 0) return []
  return [
    {
      setting: settings.kafkaSecurityProtocol.variable,
      problem: `asks for SASL, with ${values.kafkaSaslMechanism}, but nobody is named who signs in`,
      remedy: `Set ${missing.join(' and ')}; secrets also as …_FILE.`,
    },
  ]
}

/** Set, and without effect by the protocol: somebody thinks that the connection is safer than it is. */
function uselessSettings(given: ReadonlyMap<string, string>, protocol: string): readonly Mistake[] {
  const known = allSettings.map(([, { variable }]) => variable)
  const unused = (start: RegExp): readonly string[] => known.filter((variable) => start.test(variable) && given.has(variable))
  const mistake = (variables: readonly string[], what: string, with_: string): readonly Mistake[] =>
    variables.length === 0
      ? []
      : [
          {
            setting: variables.join(', '),
            problem: `${variables.length === 1 ? 'is' : 'are'} set, but KAFKA_SECURITY_PROTOCOL is ${protocol}, without ${what}`,
            remedy: `Set KAFKA_SECURITY_PROTOCOL to ${with_}, or unset ${variables.length === 1 ? 'it' : 'them'}.`,
          },
        ]
  return [
    ...(protocol.startsWith('sasl')
      ? []
      : mistake(unused(/^KAFKA_SASL_/), 'SASL', protocol === 'ssl' ? 'sasl_ssl' : 'sasl_ssl or sasl_plaintext')),
    ...(protocol.endsWith('ssl')
      ? []
      : mistake(unused(/^KAFKA_(?:SSL|ENABLE_SSL)_/), 'TLS', protocol === 'plaintext' ? 'ssl or sasl_ssl' : 'sasl_ssl')),
  ]
}

function certificateMistakes(given: ReadonlyMap<string, string>): readonly Mistake[] {
  const oneOf = (...list: ReadonlyArray<{ readonly variable: string }>): string | undefined =>
    list.map(({ variable }) => variable).find((variable) => given.has(variable))
  const certificate = oneOf(settings.kafkaSslCertificateLocation, settings.kafkaSslCertificatePem)
  const key = oneOf(settings.kafkaSslKeyLocation, settings.kafkaSslKeyPem)
  const mistakes: Mistake[] = []
  if ((certificate === undefined) !== (key === undefined)) {
    const missing = key === undefined ? settings.kafkaSslKeyLocation : settings.kafkaSslCertificateLocation
    mistakes.push({
      setting: `${certificate ?? key}`,
      problem: `is set without ${missing.variable}`,
      remedy: `Set ${missing.variable} too, or unset ${certificate ?? key}.`,
    })
  }
  for (const [file, text] of [
    [settings.kafkaSslCaLocation, settings.kafkaSslCaPem],
    [settings.kafkaSslCertificateLocation, settings.kafkaSslCertificatePem],
    [settings.kafkaSslKeyLocation, settings.kafkaSslKeyPem],
    [settings.kafkaSslCertificateLocation, settings.kafkaSslKeystoreLocation],
    [settings.kafkaSslCertificatePem, settings.kafkaSslKeystoreLocation],
  ] as const) {
    if (!given.has(file.variable) || !given.has(text.variable)) continue
    mistakes.push({ setting: `${file.variable}, ${text.variable}`, problem: 'both are set', remedy: 'Keep one of the two.' })
  }
  return mistakes
}

function compressionMistakes({ kafkaCompressionType: type, kafkaCompressionLevel: level }: SettingValues): readonly Mistake[] {
  const highest = HIGHEST_LEVEL[type]
  const mistakes: Mistake[] = []
  if (type === 'zstd' && !('zstdCompressSync' in zlib)) {
    mistakes.push({
      setting: settings.kafkaCompressionType.variable,
      problem: `is zstd, which Node.js ${process.versions.node} cannot compress (it is read all the same)`,
      remedy: 'Use Node.js 22.15 or later, or set gzip, which is nearest to it.',
    })
  }
  if (level !== null && level > highest) {
    mistakes.push({
      setting: settings.kafkaCompressionLevel.variable,
      problem: `is ${level}, but ${highest === 0 ? `${type} has no levels` : `those of ${type} end at ${highest}`}`,
      remedy:
        highest === 0 ? 'Unset it, or set KAFKA_COMPRESSION_TYPE to gzip or zstd.' : `Set it from 1 to ${highest}, or unset it.`,
    })
  }
  return mistakes
}
