import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findJava, hasMaven } from '../../scripts/services/find-tools.js'

/** Another engine that does the same job, and what is wanted of us beside it. */
export interface Peer {
  readonly name: string
  readonly script: string
  readonly args: readonly string[]
  readonly aims: PeerAims
}

interface PeerAims {
  /** Our readings a second as a multiple of the peer's. */
  readonly speed?: { readonly atLeast: number }
  /** Our CPU time as a part of the peer's. */
  readonly cpu?: { readonly atMost: number }
  readonly memory?: { readonly atMost: number }
}

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = join(root, '..', 'shared', 'bench')
const streams = join(folder, 'kafka-streams', 'run.sh')
const flink = join(folder, 'flink', 'run.sh')

export const peers: readonly Peer[] = [
  {
    name: 'Kafka Streams, exactly once, in memory',
    script: streams,
    args: ['--guarantee', 'exactly_once_v2', '--store', 'memory'],
    aims: { speed: { atLeast: 6 }, cpu: { atMost: 1 / 8 }, memory: { atMost: 1 / 2 } },
  },
  {
    name: 'Kafka Streams, exactly once, RocksDB',
    script: streams,
    args: ['--guarantee', 'exactly_once_v2', '--store', 'rocksdb'],
    aims: {},
  },
  { name: 'Flink, a checkpoint a second', script: flink, args: ['--store', 'memory', '--checkpoint', '1000'], aims: {} },
]

/** Why a peer cannot run here; null when it can. */
export function whyNot({ script }: Peer): string | null {
  if (!existsSync(script)) return `there is no ${join('..', 'shared', 'bench')} beside the project with it`
  if (process.platform === 'win32') return 'its script needs bash'
  if (findJava() === null) return 'there is no Java 17'
  return hasMaven() ? null : 'there is no Maven'
}
