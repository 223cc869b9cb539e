import type { RecordBatch } from '../../core/record-block.ts'
import type { Log, LogReader, Topic } from '../../log/port.ts'
import { anyMore } from '../any-more.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { type RecordPrinter, recordPrinter } from '../record-json.ts'
import { withSession } from '../session.ts'
import { topicNamed } from '../topic-named.ts'

export interface TailOptions {
  /** How many records; with `follow` how many before it ends, else the last ones. */
  readonly max?: number
  readonly follow?: boolean
  readonly fromStart?: boolean
}

interface Printed {
  readonly appendedAt: number
  readonly offset: number
  readonly line: string
}

const DEFAULT_LAST = 10

/** `windrow tail`: records of a topic as JSON lines, the last ones or from the start, and with `follow` those that come. */
export async function tail(context: CliContext, topicName: string, options: TailOptions): Promise<ExitCode> {
  return withSession(context, async ({ log }) => {
    const topic = await topicNamed(log, topicName)
    const printer = recordPrinter(log)
    const max = options.max ?? Number.POSITIVE_INFINITY
    const shown =
      options.fromStart === true
        ? 0
        : await showLast(context, log, topic, printer, options.follow === true ? 0 : (options.max ?? DEFAULT_LAST))
    if (options.follow === true || options.fromStart === true) await showOn(context, log, topic, printer, max - shown, options)
    return 0
  })
}

/** The last records over all partitions, in the order in which the log took them. */
async function showLast(context: CliContext, log: Log, topic: Topic, printer: RecordPrinter, count: number): Promise<number> {
  if (count === 0) return 0
  const found: Printed[] = []
  for (let partition = 0; partition < topic.partitions; partition++) {
    const { start, end } = await log.bounds(topic, partition)
    const reader = log.reader(topic, partition, Math.max(start, end - count))
    try {
      while (reader.position < end && !context.signal.aborted) {
        const batch = await reader.next()
        if (batch === null) break
        found.push(...(await printedRecords(printer, topic, partition, batch)))
      }
    } finally {
      await reader.close()
    }
  }
  found.sort((a, b) => a.appendedAt - b.appendedAt || a.offset - b.offset)
  const last = found.slice(-count)
  await context.stdout.write(last.map(({ line }) => `${line}\n`).join(''))
  return last.length
}

async function printedRecords(printer: RecordPrinter, topic: Topic, partition: number, batch: RecordBatch): Promise<Printed[]> {
  const printed: Printed[] = []
  for (let i = 0; i < batch.count; i++) {
    const record = await printer.print(topic, partition, batch, i)
    printed.push({ appendedAt: batch.appendedAt[i] as number, offset: batch.offsets[i] as number, line: JSON.stringify(record) })
  }
  return printed
}

/** Records from the start (or from now on) until `max` of them, the end (unless it follows), or a signal. */
async function showOn(
  context: CliContext,
  log: Log,
  topic: Topic,
  printer: RecordPrinter,
  max: number,
  options: TailOptions,
): Promise<void> {
  const ends = await Promise.all(Array.from({ length: topic.partitions }, (_, partition) => log.bounds(topic, partition)))
  const readers = ends.map(({ start, end }, partition) => log.reader(topic, partition, options.fromStart === true ? start : end))
  let left = max
  try {
    while (left > 0 && !context.signal.aborted) {
      const before = left
      for (const [partition, reader] of readers.entries()) {
        if (left > 0) left -= await showBatch(context, topic, partition, reader, printer, left)
      }
      if (left !== before) continue
      if (options.follow !== true) return
      await anyMore(readers, context.signal)
    }
  } finally {
    await Promise.all(readers.map((reader) => reader.close()))
  }
}

async function showBatch(
  context: CliContext,
  topic: Topic,
  partition: number,
  reader: LogReader,
  printer: RecordPrinter,
  left: number,
): Promise<number> {
  const batch = await reader.next(256 * 1024)
  if (batch === null) return 0
  const printed = (await printedRecords(printer, topic, partition, batch)).slice(0, left)
  await context.stdout.write(printed.map(({ line }) => `${line}\n`).join(''))
  return printed.length
}
