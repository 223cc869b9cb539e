import cassandra from 'cassandra-driver'
import { WindrowError } from '../../core/errors.ts'
import type { CassandraOptions } from './cassandra-options.ts'
import { clientOptions } from './client-options.ts'
import type { Cluster } from './cql-session.ts'

const OLDEST = 4

/**
 * Asks the first node that answers what it is, and which data centres there are. Rejects with WR_CASSANDRA_VERSION, or with WR_CASSANDRA_DC where no
 * data centre has the configured name; else with what the driver throws.
 */
export async function discoverCluster(options: CassandraOptions, where: string): Promise<Cluster> {
  const { RoundRobinPolicy } = cassandra.policies.loadBalancing
  const client = new cassandra.Client({
    ...clientOptions(options),
    policies: { loadBalancing: new RoundRobinPolicy() },
    isMetadataSyncEnabled: false,
    pooling: { warmup: false },
  })
  try {
    await client.connect()
    const { version, dc } = await askedNode(client)
    if (Number.parseInt(version, 10) < OLDEST) throw tooOld(where, version)
    const dcs = client.hosts.values().map(({ datacenter }) => datacenter)
    const localDc = options.localDc ?? dc
    const names = [...new Set(dcs)]
    if (!names.includes(localDc)) throw noSuchDc(where, localDc, names)
    return { version, localDc, dcs: names, localNodes: dcs.filter((each) => each === localDc).length }
  } finally {
    await client.shutdown()
  }
}

async function askedNode(client: cassandra.Client): Promise<{ version: string; dc: string }> {
  const { rows } = await client.execute("SELECT release_version, data_center FROM system.local WHERE key = 'local'")
  const [version, dc] = rows[0]?.values() ?? []
  return { version: String(version), dc: String(dc) }
}

function tooOld(where: string, version: string): WindrowError {
  return new WindrowError('WR_CASSANDRA_VERSION', {
    message: `Cassandra (${where}) is ${version}, and windrow needs ${OLDEST}.0 or later`,
    remedy: 'Upgrade the cluster, or name the nodes of another in CASSANDRA_CONTACT_POINTS.',
    facts: { where, version },
    kind: 'usage',
  })
}

function noSuchDc(where: string, localDc: string, dcs: readonly string[]): WindrowError {
  return new WindrowError('WR_CASSANDRA_DC', {
    message: `Cassandra (${where}) has no data centre ${localDc}: it has ${dcs.join(', ')}`,
    remedy: `Set CASSANDRA_LOCAL_DC to one of them, or unset it for that of the first node.`,
    facts: { where, localDc, dcs },
    kind: 'usage',
  })
}
