import type { Config } from '../../config/load-config.ts'
import type { SourceName } from '../../config/source-settings.ts'
import { WindrowError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import type { Credentials, UpstreamKind } from '../../producers/upstream-kind.ts'

/** Where the configuration has what a source asks for. */
interface Access {
  /** What has to be set before it can be asked. */
  readonly variables: readonly string[]
  /** Null while something is missing. */
  readonly credentials: (config: Config) => Credentials | null
  readonly url: (config: Config) => string | null
}

const none = { variables: [], credentials: (): Credentials => ({ kind: 'none' }) }

const key = (value: Secret | null): Credentials | null => (value === null ? null : { kind: 'key', key: value })
const client = (id: string | null, secret: Secret | null): Credentials | null =>
  id === null || secret === null ? null : { kind: 'client', id, secret }

const accesses: Readonly<Record<SourceName, Access>> = {
  openweathermap: {
    variables: ['METEO_API_KEY'],
    credentials: ({ meteoApiKey }) => key(meteoApiKey),
    url: ({ openWeatherMapUrl }) => openWeatherMapUrl,
  },
  'visual-crossing': {
    variables: ['VISUAL_CROSSING_API_KEY'],
    credentials: ({ visualCrossingApiKey }) => key(visualCrossingApiKey),
    url: ({ visualCrossingUrl }) => visualCrossingUrl,
  },
  'open-meteo': { ...none, url: ({ openMeteoUrl }) => openMeteoUrl },
  'rte-consumption': {
    variables: ['RTE_CLIENT_ID', 'RTE_CLIENT_SECRET'],
    credentials: ({ rteClientId, rteClientSecret }) => client(rteClientId, rteClientSecret),
    url: ({ rteUrl }) => rteUrl,
  },
  'rte-generation': {
    variables: ['RTE_CLIENT_ID_2', 'RTE_CLIENT_SECRET_2'],
    credentials: ({ rteClientId2, rteClientSecret2 }) => client(rteClientId2, rteClientSecret2),
    url: ({ rteUrl }) => rteUrl,
  },
  airqino: { ...none, url: ({ airqinoUrl }) => airqinoUrl },
}

const accessOf = (source: string): Access | undefined => (accesses as Readonly<Record<string, Access>>)[source]

/** The variables that a source needs, none where it needs no key. */
export function variablesOf(source: string): readonly string[] {
  return accessOf(source)?.variables ?? []
}

/** True where a key (or a pair of them) makes it clear that somebody wants the source. */
export function hasKey(source: string, config: Config): boolean {
  const access = accessOf(source)
  return access !== undefined && access.variables.length > 0 && access.credentials(config) !== null
}

/** What the source asks for before it answers. Throws WR_SOURCE_KEY where it is not set. */
export function credentialsOf({ name, title, needs }: UpstreamKind, config: Config): Credentials {
  if (needs === 'none') return { kind: 'none' }
  const access = accessOf(name)
  const found = access?.credentials(config) ?? null
  if (found !== null) return found
  const variables = access?.variables ?? []
  throw new WindrowError('WR_SOURCE_KEY', {
    message: `${title} needs ${needs === 'key' ? 'a key' : 'a client id and a secret'}: ${variables.join(' and ')} ${variables.length > 1 ? 'are' : 'is'} not set.`,
    remedy: `Set ${variables.join(' and ')} in the environment or in .env (\`windrow setup\` asks for it), name a file with it in ${variables.at(-1)}_FILE, or leave the source ${name} out.`,
    kind: 'usage',
    facts: { source: name, variables },
  })
}

/** The base URL of the source: the environment's, else that of the file that lists stations, else the real one; without a slash at the end. */
export function baseUrlOf({ name, baseUrl }: Pick<UpstreamKind, 'name' | 'baseUrl'>, config: Config): string {
  const inFile = config.stationsFile?.sources?.[name as SourceName]?.url?.replace(/\/+$/, '')
  return accessOf(name)?.url(config) ?? inFile ?? baseUrl
}
