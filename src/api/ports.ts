import type { Cell, StoreName, View, ViewColumn } from '../views/view.ts'
import type { ViewReplay } from '../views/views-replays.ts'

/**
 * What the API is handed. It reads no log and no database itself; the command line implements these ports. All times are
 * milliseconds since the epoch, UTC. A port may throw a WindrowError: its code, message and remedy reach the client.
 */
export interface ApiPorts {
  /** Every view that can be read, in the order in which it is shown. */
  readonly views: readonly PublishedView[]
  /** Rows in batches, in the order asked for. Pulled: the next batch is fetched when the client has taken the one before. */
  queryView(query: ViewQuery): AsyncIterable<ReadonlyArray<readonly Cell[]>>
  /** Changes of a view as they are committed, until the signal aborts. Pulled: while nobody asks, nothing may pile up (read on from the position). */
  streamView(request: StreamRequest): AsyncIterable<StreamBatch>
  /** What a row was made of, and why its window is still open. `key` holds the cells of the key columns. */
  why(view: View, key: readonly Cell[]): Promise<WhyReport>
  stations(): Promise<readonly StationInfo[]>
  health(): Promise<HealthReport>
  /** Whether the views can be read; costs less than the whole report. */
  ready(): Promise<boolean>
  /** Newest first. `after` is the `id` of the last one that the caller has. */
  deadLetters(query: { readonly limit: number; readonly after: string | null }): Promise<readonly DeadLetterInfo[]>
  /** Puts dead letters through the pipeline again: those named, or all of one code, or (neither given) all. */
  retryDeadLetters(selection: DeadLetterSelection): Promise<DeadLetterRetry>
  /** How the last replay of each view stands, by name; none of a view that was never replayed. */
  replays(): Promise<readonly ReplayInfo[]>
  /** Resolves when a replay has begun, which then goes on by itself. WR_REPLAY_RUNNING, WR_VIEW_UNKNOWN, WR_ROLLBACK_…. */
  startReplay(request: ReplayRequest): Promise<StartedReplay>
  readonly schemaRegistry: SchemaRegistryReader
}

export interface PublishedView {
  readonly view: View
  /** The event that the view is made of (`weather`, `energy`, `air`, or a user's own), null where it is made of several. */
  readonly kind: string | null
  /** The stores that this version can keep it in. */
  readonly stores: readonly StoreName[]
}

/** A condition on one column. Cells compare as in the view: text by code point, instants and numbers by value. */
export interface Condition {
  readonly column: ViewColumn
  readonly operator: 'equal' | 'at-least' | 'below'
  readonly value: Cell
}

export interface ViewQuery {
  readonly view: View
  /** All of them hold. */
  readonly conditions: readonly Condition[]
  /** The key columns in the order of sorting: as declared, or the one of time first. */
  readonly order: readonly ViewColumn[]
  /** All columns of `order` descending, else all ascending. */
  readonly descending: boolean
  /** Rows strictly after this one in that order: its cells of the `order` columns, in that order. Null: from the first. */
  readonly after: readonly Cell[] | null
  readonly limit: number | null
}

export interface StreamRequest {
  readonly view: View
  /** A position that an earlier batch had, null: from now on. One that cannot be gone on from gives a `reset` first. */
  readonly after: string | null
  readonly signal: AbortSignal
}

/**
 * `rows`: the latest state of rows that changed (cells null where a row is gone), at most some thousands a batch. `reset`: changes were
 * missed or the view was replaced, so that everything has to be read again.
 */
export type StreamBatch =
  | { readonly type: 'rows'; readonly position: string; readonly rows: readonly StreamRow[] }
  | { readonly type: 'reset'; readonly position: string }

export interface StreamRow {
  /** The cells of the key columns. */
  readonly key: readonly Cell[]
  readonly cells: readonly Cell[] | null
}

export interface StationInfo {
  readonly kind: string
  readonly stationId: string
  readonly city: string | null
  readonly country: string | null
  readonly latitude: number | null
  readonly longitude: number | null
  readonly timeZone: string
  readonly intervalMinutes: number
  /** Start of its first and last reading. */
  readonly firstReadingAt: number
  readonly lastReadingAt: number
}

/** What became of a reading. Each has exactly one. */
export const FATES = ['current', 'superseded', 'stale', 'duplicate', 'too_late', 'dead_lettered'] as const
export type Fate = (typeof FATES)[number]

export interface WhyReport {
  /** The row's cells, null where there is none. */
  readonly row: readonly Cell[] | null
  /** Start inclusive, end exclusive; null for a view without windows. */
  readonly window: { readonly startAt: number; readonly endAt: number; readonly timeZone: string } | null
  readonly complete: boolean
  /** In words, what has to happen for the window to close; null when it is closed or there is none. */
  readonly waitingFor: string | null
  /** The station's watermark: the latest end of its readings; null where it has none. */
  readonly watermarkAt: number | null
  readonly n: number
  readonly expected: number | null
  /** 0 to 1 */
  readonly coverage: number | null
  /** In order of time, then offset. */
  readonly readings: readonly WhyReading[]
  /** There are more readings than these. */
  readonly truncated: boolean
}

export interface WhyReading {
  readonly timestamp: number
  readonly intervalMinutes: number
  /** Empty where key and time identify a reading; else for instance `production/SOLAR`. */
  readonly subKey: string
  readonly fate: Fate
  readonly revisedAt: number | null
  readonly ingestedAt: number
  readonly dataOrigin: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Its measurements by their name in the schema (snake_case). */
  readonly values: ReadonlyArray<{ readonly field: string; readonly value: Cell; readonly unit: string | null }>
}

/** Something that needs a person, or will mend itself and says when. */
export interface Problem {
  readonly code: string
  readonly message: string
  readonly remedy: string
  readonly since: number | null
}

/** accepted = current + superseded + stale + duplicate + tooLate + deadLettered, at one committed offset. */
export interface Ledger {
  readonly accepted: number
  readonly current: number
  readonly superseded: number
  readonly stale: number
  readonly duplicate: number
  readonly tooLate: number
  readonly deadLettered: number
}

export type PartState = 'starting' | 'catching_up' | 'running' | 'waiting' | 'stopped'

/** What a process is: `start` is everything in one, `serve` the page and the API, `run` topologies and sinks, `produce` sources. */
export const ROLES = ['start', 'serve', 'run', 'produce'] as const
export type Role = (typeof ROLES)[number]

/** Of the file system that holds the data folder. */
export interface DiskSpace {
  /** That may be written by this user. */
  readonly freeBytes: number
  readonly sizeBytes: number
}

/** What the view `stations` says of all stations together. */
export interface StationFigures {
  readonly kinds: ReadonlyArray<{ readonly kind: string; readonly stations: number; readonly lastReadingAt: number }>
  /** Those that have been silent for longest, at most `MOST_STATIONS`. */
  readonly silent: readonly StationFigure[]
  /** Of those that finished a day lately, the lowest scores, at most `MOST_STATIONS`. */
  readonly quality: readonly StationQuality[]
}

/** How good the data of a station's last finished day is; of several series of a station the one with the lowest score. */
export interface StationQuality {
  readonly kind: string
  readonly stationId: string
  /** 0 to 100. */
  readonly score: number
  /** Covered share of the day, 0 to 1. */
  readonly completeness: number
  /** Share of its readings that came in time, 0 to 1; null where all of them are history. */
  readonly timeliness: number | null
}

export interface StationFigure {
  readonly kind: string
  readonly stationId: string
  /** The end of its last reading. */
  readonly watermarkAt: number
  readonly intervalSeconds: number
}

/** Of how many stations figures of their own are told. */
export const MOST_STATIONS = 1_000

/** What `run` and `produce` report is what they do themselves; `start` and `serve` report the whole pipeline, as far as the log tells. */
export interface HealthReport {
  readonly role: Role
  /** When it was put together. */
  readonly at: number
  readonly version: string
  readonly startedAt: number
  readonly backend: 'embedded' | 'kafka' | 'memory'
  /** The views can be read; of `run` and `produce`: they are at work. */
  readonly ready: boolean
  /** What concerns no single part: the disk, the registry, the embedded database. */
  readonly problems: readonly Problem[]
  readonly topics: readonly TopicHealth[]
  readonly tasks: readonly TaskHealth[]
  readonly sinks: readonly SinkHealth[]
  readonly sources: readonly SourceHealth[]
  /** The last replay of each view. */
  readonly replays: readonly ReplayInfo[]
  /** Null where nobody can say. */
  readonly disk: DiskSpace | null
  /** Null where this process does not look, or the view cannot be read. */
  readonly stations: StationFigures | null
}

export interface TopicHealth {
  readonly topic: string
  /** The event of its readings, for instance `weather`. */
  readonly kind: string
  readonly partitions: number
  readonly ledger: Ledger
  readonly lastEventAt: number | null
  readonly lastAppendAt: number | null
}

export interface TaskHealth {
  readonly topic: string
  readonly partition: number
  /** This process runs it; of any other, only the offsets are known. */
  readonly isOwn: boolean
  /** `waiting`: for a lease, room on the disk, or a database. */
  readonly state: PartState
  /** While it is starting, the part of its local state that has been read from the log again, 0 to 1; null otherwise. */
  readonly recovered: number | null
  readonly committedOffset: number
  /** Null while the log does not tell it. */
  readonly endOffset: number | null
  /** Start of the newest reading it has processed. */
  readonly lastEventAt: number | null
  /** When the log took the newest reading it has processed. */
  readonly lastAppendAt: number | null
  readonly lastCommitAt: number | null
  /** Bytes of state in memory, and the budget. */
  readonly stateBytes: number
  readonly stateBudgetBytes: number
  readonly problem: Problem | null
}

export interface SinkHealth {
  /** `postgres`, `influxdb`, `cassandra`, `lake` or a user's own. */
  readonly sink: string
  /** Of the lake: a layer. */
  readonly view: string
  /** This process writes it; of any other, only the lag and what keeps it from being asked are known. */
  readonly isOwn: boolean
  readonly state: PartState
  /** Records of the view topic not yet written. */
  readonly lag: number
  /** Since the start of the process. */
  readonly rowsWritten: number
  /** Over about the last ten seconds of writing. */
  readonly rowsPerSecond: number
  /** Failed tries since the start. */
  readonly retries: number
  /** Rows that the store refuses, since the start. */
  readonly deadLettered: number
  readonly lastWriteAt: number | null
  readonly problem: Problem | null
  /** The last thing that went wrong, also when all is well again. */
  readonly lastError: { readonly code: string; readonly message: string; readonly at: number } | null
  /** Of what is written in files. */
  readonly files?: LakeFigures
}

export interface LakeFigures {
  /** Files, new or anew, since the start of the process. */
  readonly written: number
  /** Their bytes. */
  readonly bytes: number
  /** What is new is written so often; null where another process knows. */
  readonly flushSeconds: number | null
}

export interface SourceHealth {
  /** Its name, and its station where it has one: unlike that of any other. */
  readonly source: string
  readonly name: string
  /** Null where it says so itself. */
  readonly station: string | null
  /** How many it is asked for, null where it says so itself. */
  readonly stations: number | null
  readonly state: PartState
  /** Null for a source that runs once, or at times of the clock. */
  readonly intervalSeconds: number | null
  readonly lastTryAt: number | null
  readonly lastSuccessAt: number | null
  /** Start of the newest reading that it has said since it started. */
  readonly lastEventAt: number | null
  /** A newest reading that is older than this when the source answers says that it is silent or frozen; null: it may be of any age. */
  readonly staleAfterMs: number | null
  /** Readings published since it started. */
  readonly published: number
  /** What it said since it started that was no reading. */
  readonly deadLettered: number
  /** Polls since it started: that went well, and that did not. */
  readonly polls: number
  readonly failures: number
  readonly problem: Problem | null
}

export interface DeadLetterInfo {
  /** Its key: the canonical JSON array of its origin. */
  readonly id: string
  readonly origin: 'log' | 'sink' | 'source'
  /** Where exactly, in words: `air.readings 0@1204`, `file roof.csv line 3`. */
  readonly where: string
  /** What the source read, for instance a file's path; null where that is unknown. */
  readonly input: string | null
  readonly code: string
  readonly message: string
  readonly remedy: string
  readonly recordedAt: number
  /** Of the original bytes. */
  readonly size: number
  /** The beginning of the original as text, null where it is not text. */
  readonly preview: string | null
}

export interface DeadLetterSelection {
  readonly ids: readonly string[] | null
  readonly code: string | null
}

export interface DeadLetterRetry {
  readonly tried: number
  readonly accepted: number
  readonly refused: number
}

export interface ReplayInfo extends Omit<ViewReplay, 'topic' | 'topicId' | 'fingerprint' | 'request' | 'groups'> {
  /** It is neither done nor failed, and who was at it has been silent for so long that it must have ended. */
  readonly stale: boolean
}

export interface ReplayRequest {
  /** Names of views; empty: all. */
  readonly views: readonly string[]
  /** Back to the generations before. */
  readonly rollback: boolean
  /** Rows of windows that end before it are taken over as they are; null: all are built. */
  readonly from: number | null
}

export interface StartedReplay {
  readonly id: string
  /** True when it goes on with one that was cut short. */
  readonly resumed: boolean
  readonly views: ReadonlyArray<{ readonly view: string; readonly generation: number }>
}

/** What the log's registry answers, without registering. */
export interface SchemaRegistryReader {
  schemaById(id: number): Promise<string | null>
  versions(subject: string): Promise<ReadonlyArray<{ readonly version: number; readonly id: number; readonly schema: string }>>
  subjects(): Promise<readonly string[]>
}
