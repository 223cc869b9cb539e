import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createTopicsV7 } from '@platformatic/kafka'
import { keyText, type RecordBatch, valueBytes } from '../../../src/core/record-block.ts'
import { type Cluster, openCluster } from '../../../src/log/kafka/cluster.ts'
import type { LogReader, Topic } from '../../../src/log/port.ts'

const execute = promisify(execFile)
const decoder = new TextDecoder()

export interface NewTopic {
  readonly name?: string
  readonly partitions?: number
  readonly replicas?: number
  readonly configs?: Readonly<Record<string, string>>
}

export function clusterOf(brokers: string, patienceMs?: number): Cluster {
  return openCluster({ brokers: brokers.split(','), clientId: 'test', ...(patienceMs === undefined ? {} : { patienceMs }) })
}

/** A topic with a name that nobody else has, unless it is given. */
export async function makeTopic(cluster: Cluster, options: NewTopic = {}): Promise<Topic> {
  const { name = `fetch-${randomUUID()}`, partitions = 1, replicas = 1, configs = {} } = options
  const wanted = {
    name,
    numPartitions: partitions,
    replicationFactor: replicas,
    assignments: [],
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  }
  const answer = await cluster.ask([createTopicsV7], 'CreateTopics', [wanted], 10_000, false)
  const { errorCode, topicId } = answer.topics[0] ?? { errorCode: -1, topicId: '' }
  if (errorCode !== 0) throw new Error(`The topic could not be made: ${errorCode}`)
  return { name, id: topicId, partitions, cleanup: 'keep' }
}

/** Produces `key:value` lines by kcat, or by any program that reads them. */
export async function produce(program: string, args: readonly string[], lines: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'] })
  let told = ''
  child.stderr.on('data', (chunk) => {
    told += chunk
  })
  child.stdin.end(`${lines.join('\n')}\n`)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${told}`)
}

export function kcatProduce(brokers: string, topic: Topic, lines: readonly string[], ...more: readonly string[]): Promise<void> {
  return produce('kcat', ['-P', '-b', brokers, '-t', topic.name, '-K:', ...more], lines)
}

/** What kcat reads as `offset key:value`, with `read_committed`. */
export async function kcatRead(brokers: string, topic: Topic, partition = 0): Promise<string[]> {
  const args = ['-C', '-b', brokers, '-t', topic.name, '-p', `${partition}`, '-o', 'beginning', '-e', '-q', '-f', '%o %k:%s\n']
  const { stdout } = await execute('kcat', [...args, '-X', 'isolation.level=read_committed'], { maxBuffer: 1 << 28 })
  return stdout.split('\n').filter((line) => line !== '')
}

function linesOf(batch: RecordBatch): string[] {
  return Array.from(
    { length: batch.count },
    (_, i) => `${batch.offsets[i]} ${keyText(batch, i)}:${decoder.decode(valueBytes(batch, i) ?? new Uint8Array(0))}`,
  )
}

/** Everything up to the end for now, as kcat prints it. */
export async function readLines(reader: LogReader, maxBytes?: number): Promise<string[]> {
  const lines: string[] = []
  for (let batch = await reader.next(maxBytes); batch !== null; batch = await reader.next(maxBytes)) lines.push(...linesOf(batch))
  return lines
}

/** Asks until it is so; the broker does some things in its own time. */
export async function until(holds: () => Promise<boolean>, patienceMs = 60_000): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Not so after ${patienceMs} ms`)
    await delay(100)
  }
}
