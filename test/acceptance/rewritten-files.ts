import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { seededRandom } from '../simulation/random.ts'

const DAY_MS = 86_400_000

/** The records of a file as texts, in the file's order. */
export interface FileRecords {
  readonly records: readonly string[]
  /** When a record's interval begins. */
  timeOf(record: string): number
  /** The record with another value of one of its measurements. */
  spoilt(record: string): string
  /** A file of these records. */
  text(records: readonly string[]): string
}

export async function recordsOf(path: string): Promise<FileRecords> {
  const text = await readFile(path, 'utf8')
  return path.endsWith('.json') ? jsonRecords(text) : csvRecords(text)
}

function jsonRecords(text: string): FileRecords {
  const { data, ...rest } = JSON.parse(text) as { data: Record<string, unknown>[] }
  return {
    records: data.map((record) => JSON.stringify(record)),
    timeOf: (record) => Date.parse(`${(JSON.parse(record) as { timestamp: string }).timestamp.replace(' ', 'T')}Z`),
    spoilt: (record) => JSON.stringify({ ...(JSON.parse(record) as object), 'PM2.5': 1234.5 }),
    text: (records) => JSON.stringify({ ...rest, data: records.map((record) => JSON.parse(record) as unknown) }),
  }
}

function csvRecords(text: string): FileRecords {
  const [header = '', ...records] = text.trim().split('\n')
  return {
    records,
    timeOf: (record) => Date.parse(`${record.slice(0, 19).replace(' ', 'T')}Z`),
    // The second column is a measurement in all of the recordings.
    spoilt: (record) => record.replace(/^([^,]*),[^,]*/, '$1,99'),
    text: (records) => [header, ...records, ''].join('\n'),
  }
}

/** In an order in which none stands more than about ten days from its place in time. */
export function shuffledWithin10Days({ records, timeOf }: FileRecords): string[] {
  const random = seededRandom(10)
  return records
    .map((record) => ({ record, at: timeOf(record) + random.int(0, 10 * DAY_MS) }))
    .sort((a, b) => a.at - b.at)
    .map(({ record }) => record)
}

/** Files of the same name as the original, since the name is the station's, each in a folder of its own. */
export interface RewrittenFiles {
  write(records: readonly string[]): Promise<string>
  remove(): Promise<void>
}

export function rewrittenFiles(original: string, { text }: FileRecords): RewrittenFiles {
  const folders: string[] = []
  return {
    async write(records) {
      const folder = await mkdtemp(join(tmpdir(), 'windrow-rewritten-'))
      folders.push(folder)
      const path = join(folder, basename(original))
      await writeFile(path, text(records))
      return path
    },
    async remove() {
      for (const folder of folders) await rm(folder, { recursive: true, force: true })
    },
  }
}
