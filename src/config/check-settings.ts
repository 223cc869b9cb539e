import { Ajv } from 'ajv'
import { IANAZone } from 'luxon'
import { kafkaMistakes } from './kafka-mistakes.ts'
import type { Mistake } from './mistake.ts'
import { isSecretVariable } from './read-environment.ts'
import type { Setting } from './setting.ts'
import { allSettings, type SettingValues, settings } from './settings.ts'

export interface CheckedSettings {
  readonly values: SettingValues
  readonly mistakes: readonly Mistake[]
}

function hasScheme(schemes: readonly string[], address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return schemes.includes(protocol.slice(0, -1)) && hostname !== ''
}

function validator() {
  const ajv = new Ajv({ allErrors: true, coerceTypes: true })
  ajv.addKeyword({
    keyword: 'addressWithScheme',
    type: 'string',
    schemaType: 'array',
    validate: (schemes: readonly string[], address: string) => hasScheme(schemes, address),
  })
  const properties = Object.fromEntries(allSettings.map(([, setting]) => [setting.variable, setting.schema]))
  return ajv.compile({ type: 'object', properties })
}

function splitList(value: string): readonly string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function shown(setting: Setting<unknown>, given: string): string {
  if (isSecretVariable(setting.variable)) return '(not shown)'
  // Somebody may have put a key into an address.
  if ('addressWithScheme' in setting.schema)
    return JSON.stringify(given.replace(/\/\/[^/\s]*@/, '//…@').replace(/[?#].*$/s, '?…'))
  return JSON.stringify(given)
}

/** Checks each setting by itself. A setting with a mistake has its default among the values. */
export function checkSettings(given: ReadonlyMap<string, string>): CheckedSettings {
  const candidates: Record<string, unknown> = {}
  for (const [, setting] of allSettings) {
    const value = given.get(setting.variable)
    if (value !== undefined) candidates[setting.variable] = setting.isList ? splitList(value) : value.trim()
  }
  const validate = validator()
  validate(candidates)
  const wrong = new Set((validate.errors ?? []).map((error) => error.instancePath.split('/')[1]))
  const mistakes: Mistake[] = []
  const values: Record<string, unknown> = {}
  for (const [name, setting] of allSettings) {
    const { variable } = setting
    const isGiven = variable in candidates
    values[name] = isGiven && !wrong.has(variable) ? setting.convert(candidates[variable]) : setting.fallback
    if (!wrong.has(variable)) continue
    mistakes.push({
      setting: variable,
      problem: `is ${shown(setting, given.get(variable) ?? '')}, expected ${setting.expects}`,
      remedy:
        setting.fallback === null
          ? 'Correct it, or unset it.'
          : `Correct it, or unset it for the default (${String(setting.fallback)}).`,
    })
  }
  return { values: values as SettingValues, mistakes }
}

/** `variable` and `needs` go together. */
interface Pair {
  readonly variable: string
  readonly needs: string
}

const pairs: readonly Pair[] = [
  { variable: settings.latitude.variable, needs: settings.longitude.variable },
  { variable: settings.longitude.variable, needs: settings.latitude.variable },
  { variable: settings.influxUrl.variable, needs: settings.influxToken.variable },
  { variable: settings.influxUrl.variable, needs: settings.influxOrg.variable },
  { variable: settings.s3AccessKeyId.variable, needs: settings.s3SecretAccessKey.variable },
  { variable: settings.s3SecretAccessKey.variable, needs: settings.s3AccessKeyId.variable },
  { variable: settings.cassandraUsername.variable, needs: settings.cassandraPassphrase.variable },
  { variable: settings.cassandraPassphrase.variable, needs: settings.cassandraUsername.variable },
  { variable: settings.cassandraTlsCertificateLocation.variable, needs: settings.cassandraTlsKeyLocation.variable },
  { variable: settings.cassandraTlsKeyLocation.variable, needs: settings.cassandraTlsCertificateLocation.variable },
  { variable: settings.schemaRegistryUrl.variable, needs: settings.kafkaBrokers.variable },
  { variable: settings.kafkaSaslUsername.variable, needs: settings.kafkaSaslPassphrase.variable },
  { variable: settings.rteClientId.variable, needs: settings.rteClientSecret.variable },
  { variable: settings.rteClientSecret.variable, needs: settings.rteClientId.variable },
  { variable: settings.rteClientId2.variable, needs: settings.rteClientSecret2.variable },
  { variable: settings.rteClientSecret2.variable, needs: settings.rteClientId2.variable },
]

/** Checks what concerns several settings at once. */
export function checkTogether(given: ReadonlyMap<string, string>, values: SettingValues): readonly Mistake[] {
  const mistakes: Mistake[] = pairs
    .filter(({ variable, needs }) => given.has(variable) && !given.has(needs))
    .map(({ variable, needs }) => ({
      setting: variable,
      problem: `is set without ${needs}`,
      remedy: `Set ${needs} too, or unset ${variable}.`,
    }))
  if (values.pgPort !== null && values.postgresUrl !== null) {
    mistakes.push({
      setting: 'WINDROW_PG_PORT, POSTGRES_URL',
      problem: 'both are set, but the port is that of the embedded Postgres, which a server replaces',
      remedy: 'Unset WINDROW_PG_PORT and connect to the server directly, or unset POSTGRES_URL.',
    })
  }
  if (values.pgPort !== null && values.pgPort === values.port) {
    mistakes.push({
      setting: 'WINDROW_PORT, WINDROW_PG_PORT',
      problem: `both are ${values.port}`,
      remedy: 'Give each a port of its own.',
    })
  }
  if (values.timeZone !== null && !IANAZone.isValidZone(values.timeZone)) {
    mistakes.push({
      setting: settings.timeZone.variable,
      problem: `is ${JSON.stringify(values.timeZone)}, which is no time zone`,
      remedy: 'Use a name of the IANA time zone database, for instance Europe/Paris, or unset it.',
    })
  }
  return [...mistakes, ...cassandraMistakes(given, values), ...kafkaMistakes(given, values), ...topicMistakes(values)]
}

/** A file of certificates that is named and not used would let somebody believe that connections are encrypted. */
function cassandraMistakes(given: ReadonlyMap<string, string>, values: SettingValues): readonly Mistake[] {
  if (values.cassandraTls === 'true') return []
  return [settings.cassandraTlsCaLocation, settings.cassandraTlsCertificateLocation]
    .filter(({ variable }) => given.has(variable))
    .map(({ variable }) => ({
      setting: variable,
      problem: `is set, but ${settings.cassandraTls.variable} is not true: connections would not be encrypted`,
      remedy: `Set ${settings.cassandraTls.variable} to true, or unset ${variable}.`,
    }))
}

function topicMistakes(values: SettingValues): readonly Mistake[] {
  const topics = [
    ['WINDROW_TOPIC_WEATHER', values.weatherTopic],
    ['WINDROW_TOPIC_ENERGY', values.energyTopic],
    ['WINDROW_TOPIC_AIR', values.airTopic],
  ] as const
  const mistakes: Mistake[] = []
  topics.forEach(([variable, topic], i) => {
    const twin = topics.slice(i + 1).find(([, other]) => other === topic)
    if (twin !== undefined) {
      mistakes.push({
        setting: `${variable}, ${twin[0]}`,
        problem: `both are ${topic}`,
        remedy: 'Give each kind of reading a topic of its own.',
      })
    }
    if (/^(views\.|dead-letters$|producer\.cursors$)/.test(topic)) {
      mistakes.push({
        setting: variable,
        problem: `is ${topic}, a name that windrow keeps for itself`,
        remedy: 'Choose a name that is neither dead-letters nor producer.cursors and does not begin with "views.".',
      })
    }
  })
  return mistakes
}
