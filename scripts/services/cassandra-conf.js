// @ts-check
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const folders = {
  data_file_directories: 'data',
  commitlog_directory: 'commitlog',
  saved_caches_directory: 'saved_caches',
  hints_directory: 'hints',
  cdc_raw_directory: 'cdc_raw',
}

/**
 * cassandra.yaml of one small node on loopback. It is JSON, which YAML takes.
 * @param {object} options
 * @param {string} options.home its folder
 * @param {number} options.port where clients come in
 * @param {number} options.storagePort where nodes would come in
 * @param {boolean} options.hasUsers whether clients have to sign in
 * @param {import('./service.js').CassandraTls | undefined} options.tls
 * @param {Readonly<Record<string, unknown>>} options.settings over ours
 */
function cassandraYaml({ home, port, storagePort, hasUsers, tls, settings }) {
  const directories = Object.fromEntries(
    Object.entries(folders).map(([name, folder]) => [name, name.startsWith('data') ? [join(home, folder)] : join(home, folder)]),
  )
  return {
    cluster_name: 'windrow',
    num_tokens: 1,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    ...directories,
    seed_provider: [
      { class_name: 'org.apache.cassandra.locator.SimpleSeedProvider', parameters: [{ seeds: `127.0.0.1:${storagePort}` }] },
    ],
    listen_address: '127.0.0.1',
    rpc_address: '127.0.0.1',
    storage_port: storagePort,
    ssl_storage_port: storagePort,
    native_transport_port: port,
    start_native_transport: true,
    endpoint_snitch: 'SimpleSnitch',
    auto_bootstrap: false,
    authenticator: hasUsers ? 'PasswordAuthenticator' : 'AllowAllAuthenticator',
    authorizer: hasUsers ? 'CassandraAuthorizer' : 'AllowAllAuthorizer',
    role_manager: 'CassandraRoleManager',
    // A right that a test takes away is gone soon.
    roles_validity: '100ms',
    permissions_validity: '100ms',
    credentials_validity: '100ms',
    commitlog_sync: 'periodic',
    commitlog_sync_period: '10000ms',
    commitlog_segment_size: '8MiB',
    commitlog_total_space: '256MiB',
    memtable_heap_space: '48MiB',
    memtable_offheap_space: '48MiB',
    memtable_allocation_type: 'heap_buffers',
    key_cache_size: '4MiB',
    file_cache_size: '32MiB',
    networking_cache_size: '32MiB',
    concurrent_reads: 8,
    concurrent_writes: 16,
    concurrent_compactors: 1,
    auto_snapshot: false,
    incremental_backups: false,
    // A machine that tests share is slower than a server's.
    write_request_timeout: '5000ms',
    read_request_timeout: '10000ms',
    range_request_timeout: '15000ms',
    cas_contention_timeout: '5000ms',
    request_timeout: '15000ms',
    ...(tls !== undefined && {
      client_encryption_options: {
        enabled: true,
        // Whoever asks whether it is ready comes in without.
        optional: true,
        keystore: tls.keystore,
        keystore_password: tls.password,
        store_type: 'PKCS12',
      },
    }),
    ...settings,
  }
}

const logback = `<configuration>
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level %date{HH:mm:ss.SSS} %logger{0} - %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="out"/></root>
  <logger name="org.apache.cassandra.service.CassandraDaemon" level="ERROR"/>
</configuration>
`

/**
 * Writes the configuration of a node into its folder, and makes its folders.
 * @param {Parameters<typeof cassandraYaml>[0]} options
 */
export async function writeCassandraConf(options) {
  const { home } = options
  for (const folder of Object.values(folders)) await mkdir(join(home, folder), { recursive: true })
  await writeFile(join(home, 'cassandra.yaml'), JSON.stringify(cassandraYaml(options), null, 2))
  await writeFile(join(home, 'logback.xml'), logback)
}
