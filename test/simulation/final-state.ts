import { partitionOf } from '../../src/core/murmur2.ts'
import { headersOf, keyText, type RecordBatch, valueBytes } from '../../src/core/record-block.ts'
import { type DeadLetter, decodeDeadLetter } from '../../src/events/dead-letter.ts'
import type { Log, Topic } from '../../src/log/port.ts'
import { engineGroup } from '../../src/runtime/engine-group.ts'
import { addLedgers, type Ledger, ledgerAddsUp, parseLedger } from '../../src/runtime/ledger.ts'
import { currentViews } from '../../src/runtime/live-views.ts'
import { builtInViews } from '../../src/views/index.ts'
import { rowDecoder } from '../../src/views/row-decoder.ts'
import type { Cell, View } from '../../src/views/view.ts'
import type { EventName } from '../oracle/oracle.ts'
import { ownTopologies } from './own-topologies.ts'

export interface ViewState {
  readonly view: View
  /** By the row's key. */
  readonly rows: ReadonlyMap<string, readonly Cell[]>
  /** The same as bytes, without the schema's id. */
  readonly bytes: ReadonlyMap<string, string>
}

export interface FoundLetter {
  readonly partition: number
  readonly offset: number
  readonly letter: DeadLetter
}

/** What stands in the log when everything has been processed. */
export interface FinalState {
  readonly views: readonly ViewState[]
  readonly ledger: Ledger
  readonly deadLetters: readonly FoundLetter[]
  /** What contradicts itself without any oracle. */
  readonly contradictions: readonly string[]
}

const utf8 = new TextEncoder()
const VIEWS: readonly View[] = [...builtInViews, ...ownTopologies.map(({ view }) => view)]

/** Reads the views, the dead letters and the ledger of a reading topic. */
export async function finalState(log: Log, topic: Topic, event: EventName, lettersMayRepeat: boolean): Promise<FinalState> {
  const contradictions: string[] = []
  const views: ViewState[] = []
  for (const [name, { topic: topicName }] of await currentViews(log)) {
    const view = VIEWS.find((candidate) => candidate.name === name) as View
    const viewTopic = (await log.findTopic(topicName)) as Topic
    views.push(await viewState(log, view, viewTopic, event, contradictions))
  }
  return {
    views,
    ledger: await ledgerOf(log, topic, contradictions),
    deadLetters: await deadLettersOf(log, lettersMayRepeat, contradictions),
    contradictions,
  }
}

async function viewState(log: Log, view: View, topic: Topic, event: EventName, contradictions: string[]): Promise<ViewState> {
  const schemas = new Map<number, string | null>()
  const decoder = rowDecoder(view, (id) => schemas.get(id) ?? null)
  const rows = new Map<string, readonly Cell[]>()
  const bytes = new Map<string, string>()
  for (let partition = 0; partition < topic.partitions; partition++) {
    await eachRecord(log, topic, partition, async (batch, i) => {
      const key = keyText(batch, i)
      const value = valueBytes(batch, i)
      const owner = ownerOf(view, key, event)
      if (partitionOf(utf8.encode(owner), topic.partitions) !== partition)
        contradictions.push(`${view.name} ${key} is in partition ${partition}`)
      if (headersOf(batch, i).new !== undefined && rows.has(key))
        contradictions.push(`${view.name} ${key} is said to be new but was there`)
      if (value === null) {
        rows.delete(key)
        bytes.delete(key)
        return
      }
      const id = new DataView(value.buffer, value.byteOffset).getUint32(1)
      if (!schemas.has(id)) schemas.set(id, await log.registry.schemaById(id))
      rows.set(key, decoder.decode(value))
      bytes.set(key, Buffer.from(value.subarray(5)).toString('base64'))
    })
  }
  return { view, rows, bytes }
}

/** The station or zone that a row is about. */
function ownerOf(view: View, key: string, event: EventName): string {
  const cells = JSON.parse(key) as string[]
  const isOfAllKinds = view.key[0]?.name === 'kind'
  if (isOfAllKinds && cells[0] !== event) throw new RangeError(`a row of another kind: ${key}`)
  return cells[isOfAllKinds ? 1 : 0] as string
}

async function ledgerOf(log: Log, topic: Topic, contradictions: string[]): Promise<Ledger> {
  const ledgers: Ledger[] = []
  for (const { partition, offset, metadata } of await log.groupProgress(engineGroup(topic.name), topic)) {
    const ledger = parseLedger(metadata)
    ledgers.push(ledger)
    if (!ledgerAddsUp(ledger)) contradictions.push(`the ledger of partition ${partition} does not add up: ${metadata}`)
    if (ledger.accepted !== offset)
      contradictions.push(`partition ${partition} is at ${offset}, its ledger at ${ledger.accepted}`)
  }
  return addLedgers(ledgers)
}

async function deadLettersOf(log: Log, mayRepeat: boolean, contradictions: string[]): Promise<FoundLetter[]> {
  const topic = await log.findTopic('dead-letters')
  if (topic === null) return []
  const found: FoundLetter[] = []
  const keys = new Set<string>()
  for (let partition = 0; partition < topic.partitions; partition++) {
    await eachRecord(log, topic, partition, async (batch, i) => {
      const key = keyText(batch, i)
      if (keys.has(key)) {
        if (!mayRepeat) contradictions.push(`the dead letter ${key} is there twice`)
        return
      }
      keys.add(key)
      const letter = decodeDeadLetter(valueBytes(batch, i) as Uint8Array)
      if (letter.origin.kind !== 'log') throw new RangeError(`a dead letter of another origin: ${key}`)
      found.push({ partition: letter.origin.partition, offset: letter.origin.offset, letter })
    })
  }
  return found
}

async function eachRecord(
  log: Log,
  topic: Topic,
  partition: number,
  visit: (batch: RecordBatch, i: number) => Promise<void>,
): Promise<void> {
  const reader = log.reader(topic, partition)
  for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
    for (let i = 0; i < batch.count; i++) await visit(batch, i)
  }
  await reader.close()
}
