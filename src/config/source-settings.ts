import { list, oneOf, type Setting, secret, text, url } from './setting.ts'

/** The names of all kinds of upstream, in the order in which several at one place are named: the first keeps the place's plain id. */
export const sourceNames = [
  'openweathermap',
  'visual-crossing',
  'open-meteo',
  'rte-consumption',
  'rte-generation',
  'airqino',
] as const

export type SourceName = (typeof sourceNames)[number]

const unset = (doc: string) => ({ section: 'sources', fallback: null, doc }) as const
const place = (doc: string) => ({ section: 'places', fallback: null, doc }) as const

/** An address that paths are put behind: nobody's name or password is in it, nor a query. */
function baseUrl(variable: string, doc: string): Setting<string | null> {
  const address = url(variable, ['https', 'http'], unset(doc))
  return {
    ...address,
    expects: `${address.expects}, without a user, a query or a #`,
    schema: { ...address.schema, pattern: BASE_URL_PATTERN },
    convert: (checked) => String(checked).replace(/\/+$/, ''),
  }
}

export const BASE_URL_PATTERN = '^https?://[^\\s@?#]+$'

const api = (title: string): string => `Base URL of ${title}. Unset: the real one.`

/** The settings of the upstream APIs. */
export const sourceSettings = {
  stationsFilePath: text<string | null>(
    'WINDROW_CONFIG',
    unset(
      'Path of the file that lists stations. Unset: `windrow.config.json` in the folder windrow is started in, if it is there.',
    ),
  ),
  sources: list('WINDROW_SOURCES', {
    section: 'sources',
    fallback: [],
    pattern: `^(${sourceNames.join('|')})$`,
    expects: `any of ${sourceNames.join(', ')}`,
    doc: 'The sources to take. Unset: all of the file that lists stations; without one, those that have a key. `open-meteo` and `airqino` need none, so they are taken when they are named.',
  }),
  keepSimulated: oneOf('WINDROW_KEEP_SIMULATED', ['false', 'true'], {
    section: 'sources',
    fallback: 'false',
    doc: 'Whether readings of the simulator (stations `sim-…`) and of real stations may be in one log, beside each other in every view. Otherwise the second kind is refused.',
  }),
  city: text<string | null>(
    'WINDROW_CITY',
    place(
      'City at LAT and LON: part of the ids of its stations (`station_Paris_FR`). Unset: Paris at the default place, else none.',
    ),
  ),
  country: text<string | null>('WINDROW_COUNTRY', {
    ...place('Its country. Unset: FR at the default place, else none.'),
    pattern: '^[A-Z]{2}$',
    expects: 'two capital letters of ISO 3166, for instance FR',
  }),
  timeZone: text<string | null>(
    'WINDROW_TIME_ZONE',
    place('IANA time zone at LAT and LON, for instance Europe/Paris. Unset: the one that the coordinates lie in.'),
  ),

  meteoApiKey: secret(text<string | null>('METEO_API_KEY', unset('Key of OpenWeatherMap.'))),
  openWeatherMapUrl: baseUrl('OPENWEATHERMAP_URL', api('OpenWeatherMap')),
  visualCrossingApiKey: secret(text<string | null>('VISUAL_CROSSING_API_KEY', unset('Key of Visual Crossing.'))),
  visualCrossingUrl: baseUrl('VISUAL_CROSSING_URL', api('Visual Crossing')),
  openMeteoUrl: baseUrl('OPEN_METEO_URL', api("Open-Meteo's forecast, which holds the last days")),
  openMeteoArchiveUrl: baseUrl('OPEN_METEO_ARCHIVE_URL', api("Open-Meteo's archive, for what is older")),
  rteClientId: text<string | null>('RTE_CLIENT_ID', unset("Client id of RTE's consumption API.")),
  rteClientSecret: secret(text<string | null>('RTE_CLIENT_SECRET', unset('Its secret.'))),
  rteClientId2: text<string | null>('RTE_CLIENT_ID_2', unset("Client id of RTE's generation API.")),
  rteClientSecret2: secret(text<string | null>('RTE_CLIENT_SECRET_2', unset('Its secret.'))),
  rteUrl: baseUrl('RTE_URL', api("RTE's data portal")),
  airqinoUrl: baseUrl('AIRQINO_URL', api('AirQino')),
} as const
