import { BASE_URL_PATTERN, sourceNames } from './source-settings.ts'

/** `06:30`, from 00:00 to 23:59. */
const TIME_OF_DAY = { type: 'string', pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', examples: ['06:30'] }

/** Letters, digits, marks, `_.-` and spaces of any script, no space at an end: an id is printed, and is part of keys. */
export const ID_PATTERN = '^(?!sim-)[\\p{L}\\p{M}\\p{N}_.\\-](?:[\\p{L}\\p{M}\\p{N}\\p{Zs}_.\\-]*[\\p{L}\\p{M}\\p{N}_.\\-])?$'

/** Of an id, in UTF-8. */
export const MAX_ID_BYTES = 512

const schedule = {
  interval_seconds: {
    type: 'integer',
    minimum: 1,
    maximum: 31_536_000,
    description:
      'Seconds from one poll to the next. An interval that the quota of the source does not allow is stretched, and the effective one is told.',
    examples: [600, 3600],
  },
  at: {
    description: 'Polled every day at these times, hours and minutes on the clocks of the station (or of schedule_time_zone).',
    anyOf: [TIME_OF_DAY, { type: 'array', items: TIME_OF_DAY, minItems: 1, uniqueItems: true }],
    examples: ['06:30', ['06:30', '18:30']],
  },
  cron: {
    type: 'string',
    minLength: 1,
    description:
      'Polled when this cron expression says so: minute, hour, day of the month, month, day of the week, with seconds before them where there are six fields.',
    examples: ['5 * * * *', '30 6 * * 1-5'],
  },
  schedule_time_zone: {
    type: 'string',
    minLength: 1,
    description:
      'Whose clocks `at` and `cron` mean: an IANA time zone, `station` (what is taken when nothing is said) or `machine`, that of the computer windrow runs on.',
    examples: ['machine', 'Europe/Paris'],
  },
} as const

const station = {
  type: 'object',
  description: 'A place that a source has readings of.',
  required: ['source'],
  additionalProperties: false,
  properties: {
    source: { enum: sourceNames, description: 'The API that is asked.' },
    id: {
      type: 'string',
      maxLength: MAX_ID_BYTES,
      pattern: ID_PATTERN,
      description:
        'The key of its readings (`station_id`, `zone_id`). It never changes: under another id the readings are those of another station. Letters, digits and marks of any script, spaces between them, and _ . - ; at most 512 bytes in UTF-8. Unset: made from city and country, for instance station_Paris_FR; for airqino the number of the station, for RTE the zone FR. Ids that begin with sim- are those of the simulator.',
      examples: ['station_Paris_FR'],
    },
    city: { type: 'string', minLength: 1, maxLength: 200, description: 'The city it is in.', examples: ['Paris'] },
    country: { type: 'string', pattern: '^[A-Z]{2}$', description: 'Its country, two letters of ISO 3166.', examples: ['FR'] },
    latitude: { type: 'number', minimum: -90, maximum: 90, description: 'Degrees north, WGS 84.', examples: [48.8566] },
    longitude: { type: 'number', minimum: -180, maximum: 180, description: 'Degrees east, WGS 84.', examples: [2.3522] },
    time_zone: {
      type: 'string',
      minLength: 1,
      description:
        'IANA time zone: decides to which local day a reading belongs. Unset: the one that the coordinates lie in, or UTC where there are none.',
      examples: ['Europe/Paris'],
    },
    upstream_id: {
      type: ['string', 'integer'],
      minLength: 1,
      minimum: 0,
      description:
        'What the source calls it: the number of a station of AirQino, a place of Visual Crossing. Unset: the coordinates say it.',
      examples: [283164601],
    },
    options: {
      type: 'object',
      description: 'What only this source has, for instance the unit of a sensor: docs/producers.md lists them.',
      additionalProperties: { type: 'string' },
      examples: [{ co_unit: 'ug/m3' }],
    },
    ...schedule,
  },
} as const

const source = {
  type: 'object',
  description: 'What holds for all stations of this source.',
  additionalProperties: false,
  properties: {
    url: {
      type: 'string',
      pattern: BASE_URL_PATTERN,
      description:
        'Base URL, http or https, without a user, a query or a #. A variable of the environment (RTE_URL and so on) goes before it.',
    },
    quota: {
      type: 'array',
      maxItems: 8,
      description: 'Calls that are never exceeded, over all stations of this source. Unset: what the API gives for nothing.',
      examples: [[{ calls: 60, per_seconds: 60 }]],
      items: {
        type: 'object',
        required: ['calls', 'per_seconds'],
        additionalProperties: false,
        properties: {
          calls: { type: 'integer', minimum: 1, maximum: 1_000_000_000, description: 'So many calls ...' },
          per_seconds: {
            type: 'integer',
            minimum: 1,
            maximum: 31_536_000,
            description: '... in any stretch of so many seconds.',
          },
        },
      },
    },
    backfill_days: {
      type: 'number',
      minimum: 0,
      maximum: 36_600,
      description: 'Days that the first poll of a station goes back, where the source has history.',
      examples: [7],
    },
    revision_days: {
      type: 'number',
      minimum: 0,
      maximum: 3660,
      description: 'Days that every poll looks back for values which the source has revised.',
      examples: [2],
    },
    ...schedule,
  },
} as const

/** What `windrow.config.json` may hold, as published with the package for editors. */
export const stationsFileSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'windrow.config.json',
  description:
    'The stations that windrow asks for readings, and how. Keys and other secrets stand in the environment, in .env, or in files that a variable with _FILE names.',
  type: 'object',
  required: ['stations'],
  additionalProperties: false,
  properties: {
    $schema: {
      type: 'string',
      description: 'Path of this schema, for editors: ./node_modules/windrow/windrow.config.schema.json',
    },
    stations: { type: 'array', minItems: 1, maxItems: 100_000, description: 'The stations, each of one source.', items: station },
    sources: {
      type: 'object',
      description: 'Settings of sources, by name.',
      additionalProperties: false,
      properties: Object.fromEntries(sourceNames.map((name) => [name, source])),
    },
  },
} as const

/** A schedule as the file says it: at most one of the three, checked. */
export interface FileSchedule {
  readonly interval_seconds?: number
  readonly at?: string | readonly string[]
  readonly cron?: string
  readonly schedule_time_zone?: string
}

export interface FileStation extends FileSchedule {
  readonly source: (typeof sourceNames)[number]
  readonly id?: string
  readonly city?: string
  readonly country?: string
  readonly latitude?: number
  readonly longitude?: number
  readonly time_zone?: string
  readonly upstream_id?: string | number
  readonly options?: Readonly<Record<string, string>>
}

export interface FileSource extends FileSchedule {
  readonly url?: string
  readonly quota?: ReadonlyArray<{ readonly calls: number; readonly per_seconds: number }>
  readonly backfill_days?: number
  readonly revision_days?: number
}

/** What `windrow.config.json` holds, checked. */
export interface StationsFile {
  readonly stations: readonly FileStation[]
  readonly sources?: { readonly [K in (typeof sourceNames)[number]]?: FileSource }
}
