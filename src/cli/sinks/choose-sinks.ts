import type { Config } from '../../config/load-config.ts'
import { WindrowError } from '../../core/errors.ts'
import type { StoreName } from '../../views/view.ts'

/** The lake beside the stores: it takes readings too, and has a writer of its own. */
export type SinkName = StoreName | 'lake'

/** The stores that views can be written to. */
export const STORE_NAMES: readonly StoreName[] = ['postgres', 'influxdb', 'cassandra']
const SINK_NAMES: readonly SinkName[] = [...STORE_NAMES, 'lake']

/** Without `--sinks` and WINDROW_SINKS: Postgres, embedded or not, and whatever else the settings name an address of. */
const NONE = 'none'

/** What has to be set for a store to be written to. */
const addresses: Readonly<Record<SinkName, (config: Config) => string | null>> = {
  postgres: () => null,
  influxdb: ({ influxUrl }) => (influxUrl === null ? 'INFLUX_URL' : null),
  cassandra: ({ cassandraContactPoints }) => (cassandraContactPoints.length === 0 ? 'CASSANDRA_CONTACT_POINTS' : null),
  lake: ({ lakeUrl }) => (lakeUrl === null ? 'LAKE_URL' : null),
}

/**
 * What is asked for: by the command line, else by WINDROW_SINKS, else by what is configured. Throws WR_USAGE for a name that is none, and for
 * one without an address.
 */
function chooseNames(config: Config, asked: readonly string[] | null): readonly SinkName[] {
  const names = asked ?? (config.sinks.length > 0 ? config.sinks : null)
  if (names === null) return SINK_NAMES.filter((name) => addresses[name](config) === null)
  if (names.length === 1 && names[0] === NONE) return []
  return SINK_NAMES.filter((name) => checked(names).includes(name)).map((name) => {
    const missing = addresses[name](config)
    if (missing === null) return name
    throw new WindrowError('WR_USAGE', {
      message: `The sink ${name} is asked for, and nothing says where it is.`,
      remedy: `Set ${missing}, or leave ${name} out.`,
      kind: 'usage',
    })
  })
}

/** The stores of views that are asked for. Throws WR_USAGE for a name that is none, and for a store without an address. */
export function chooseSinks(config: Config, asked: readonly string[] | null): readonly StoreName[] {
  return chooseNames(config, asked).filter((name) => name !== 'lake')
}

/** Whether the lake is to be written too. Throws as `chooseSinks`. */
export function choosesLake(config: Config, asked: readonly string[] | null): boolean {
  return chooseNames(config, asked).includes('lake')
}

function checked(names: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !(SINK_NAMES as readonly string[]).includes(name))
  if (unknown === undefined) return names
  throw new WindrowError('WR_USAGE', {
    message:
      unknown === NONE
        ? 'The sink none is asked for together with others.'
        : `There is no sink called ${JSON.stringify(unknown)}.`,
    remedy: `Use --sinks with any of ${SINK_NAMES.join(', ')}, or ${NONE} alone.`,
    kind: 'usage',
  })
}

const titles: Readonly<Record<SinkName, string>> = {
  postgres: 'Postgres',
  influxdb: 'InfluxDB',
  cassandra: 'Cassandra',
  lake: 'the lake',
}

/** As people write it. */
export const storeTitle = (name: SinkName): string => titles[name]
