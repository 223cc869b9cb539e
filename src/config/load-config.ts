import { resolve } from 'node:path'
import { redactor } from '../core/redact.ts'
import { Secret } from '../core/secret.ts'
import { checkSettings, checkTogether } from './check-settings.ts'
import { foreignKafkaSettings } from './foreign-kafka-settings.ts'
import { mistakesError } from './mistake.ts'
import { type Environment, isSecretVariable, readEnvironment } from './read-environment.ts'
import { type PlaceOf, type ReadStationsFile, readStationsFile, STATIONS_FILE } from './read-stations-file.ts'
import type { SettingValues } from './settings.ts'
import type { StationsFile } from './stations-file-schema.ts'
import { unknownSettings } from './unknown-settings.ts'

/** The whole configuration of a process, checked. */
export interface Config extends SettingValues {
  /** Absolute. */
  readonly dataDir: string
  /** Absolute. */
  readonly modules: readonly string[]
  /** A folder, absolute, or `s3://bucket/prefix`. */
  readonly lakeUrl: string | null
  /** The file that lists stations, null where there is none. */
  readonly stationsFile: StationsFile | null
  /** Its path, absolute, also where there is none. */
  readonly stationsFilePath: string
  /** Where something stands in it, as mistakes name it. Null where there is none. */
  readonly stationsFilePlace: PlaceOf | null
  /** What somebody should know though nothing is wrong, one sentence each. */
  readonly notices: readonly string[]
  /** Takes every configured secret out of a text: for whatever is logged or printed. */
  readonly redact: (text: string) => string
}

/** Reads the environment, and the `.env` file and the list of stations of `folder`. Throws WR_CONFIG_INVALID with all mistakes at once. */
export function loadConfig(environment: Environment, folder: string): Config {
  const raw = readEnvironment(environment, folder)
  const checked = checkSettings(raw.values)
  const foreign = foreignKafkaSettings(raw.values)
  const named = checked.values.stationsFilePath
  const stationsFilePath = resolve(folder, named ?? STATIONS_FILE)
  const stations = stationsOf(stationsFilePath, named)
  const mistakes = [
    ...raw.mistakes,
    ...checked.mistakes,
    ...checkTogether(raw.values, checked.values),
    ...unknownSettings(raw.values),
    ...foreign.mistakes,
    ...stations.mistakes,
  ]
  if (mistakes.length > 0) throw mistakesError(mistakes)
  const { values } = checked
  return {
    ...values,
    dataDir: resolve(folder, values.dataDir),
    modules: values.modules.map((path) => resolve(folder, path)),
    lakeUrl: values.lakeUrl === null || values.lakeUrl.startsWith('s3://') ? values.lakeUrl : resolve(folder, values.lakeUrl),
    stationsFile: stations.file,
    stationsFilePath,
    stationsFilePlace: stations.placeOf,
    notices: [...notices(values), ...foreign.notices],
    redact: redactor(secretsOf(raw.values)),
  }
}

/** Takes every secret of the environment and of `.env` out of a text, also where the configuration is wrong. */
export function environmentRedactor(environment: Environment, folder: string): (text: string) => string {
  return redactor(secretsOf(readEnvironment(environment, folder).values))
}

function secretsOf(values: ReadonlyMap<string, string>): readonly Secret[] {
  return [...values].filter(([variable]) => isSecretVariable(variable)).map(([, value]) => new Secret(value))
}

/** Mistakes name the file as somebody named it, so that an editor or a terminal can open it from `folder`. */
function stationsOf(path: string, named: string | null): ReadStationsFile {
  return readStationsFile(path, named !== null, named ?? STATIONS_FILE)
}

function notices(values: SettingValues): readonly string[] {
  const found: string[] = []
  const addresses = [
    ['OPENWEATHERMAP_URL', values.openWeatherMapUrl],
    ['VISUAL_CROSSING_URL', values.visualCrossingUrl],
    ['RTE_URL', values.rteUrl],
  ] as const
  for (const [variable, address] of addresses) {
    if (address?.startsWith('http://') !== true || isLoopback(new URL(address).hostname)) continue
    found.push(`${variable} is not encrypted: whoever is on the way sees the key that is sent there.`)
  }
  if (values.kafkaBrokers.length > 0 && values.kafkaSslVerification === 'false') {
    found.push(
      'KAFKA_ENABLE_SSL_CERTIFICATE_VERIFICATION is false: whoever is on the way to the brokers can read and change everything.',
    )
  }
  if (!isLoopback(values.host)) {
    found.push(`The page and the API listen at ${values.host}: whoever reaches that address can read every view.`)
  }
  return found
}

const isLoopback = (host: string): boolean => ['127.0.0.1', 'localhost', '::1', '[::1]'].includes(host)
