// @ts-check
// The shapes of what the API answers, for the type checker alone.

/** @typedef {string | number | boolean | null} Cell */
/** @typedef {Record<string, Cell>} Row */
/**
 * @typedef {object} Column
 * @property {string} name
 * @property {'text' | 'instant' | 'day' | 'month' | 'double' | 'count' | 'flag'} type
 * @property {string | null} unit
 * @property {string} doc
 * @property {boolean} nullable
 * @property {boolean} is_key
 */
/**
 * @typedef {object} View
 * @property {string} name
 * @property {string} doc
 * @property {string | null} kind
 * @property {string[]} key
 * @property {string | null} time_column
 * @property {string[]} filters
 * @property {string[]} stores
 * @property {Column[]} columns
 */
/**
 * @typedef {object} Station
 * @property {string} kind
 * @property {string} station_id
 * @property {string | null} city
 * @property {string | null} country
 * @property {number | null} latitude
 * @property {number | null} longitude
 * @property {string} time_zone
 * @property {number} interval_minutes
 * @property {string} first_reading
 * @property {string} last_reading
 */
/** @typedef {{ code: string | null, message: string, remedy: string | null }} Fault */
/** @typedef {Fault & { part: string }} Reason */
/** @typedef {'starting' | 'catching_up' | 'running' | 'waiting' | 'stopped'} PartState */
/**
 * @typedef {object} Ledger
 * @property {number} accepted
 * @property {number} current
 * @property {number} superseded
 * @property {number} stale
 * @property {number} duplicate
 * @property {number} too_late
 * @property {number} dead_lettered
 * @property {number} unexplained
 */
/**
 * @typedef {object} Health
 * @property {'empty' | 'fresh' | 'behind' | 'problem'} status
 * @property {string} headline
 * @property {Reason[]} reasons
 * @property {string} at
 * @property {number} read_at When this page asked for it, on its own clock.
 * @property {string} version
 * @property {string} started_at
 * @property {string} backend
 * @property {boolean} ready
 * @property {{ topic: string, kind: string, partitions: number, ledger: Ledger, last_event: string | null, last_append: string | null }[]} topics
 * @property {{ topic: string, partition: number, state: PartState, recovered: number | null, committed_offset: number, end_offset: number, lag: number, last_event: string | null, last_commit: string | null, state_bytes: number, state_budget_bytes: number, problem: Fault | null }[]} tasks
 * @property {{ sink: string, view: string, state: PartState, lag: number, rows_written: number, rows_per_second: number, retries: number, dead_lettered: number,
 *   last_write: string | null, problem: Fault | null, last_error: { code: string, message: string, at: string } | null }[]} sinks
 * @property {{ source: string, name: string, station: string | null, stations: number | null, state: PartState, interval_seconds: number | null, last_try: string | null, last_success: string | null, last_event: string | null, published: number, behind: boolean, problem: Fault | null }[]} sources
 */
/**
 * @typedef {object} DeadLetter
 * @property {string} id
 * @property {'log' | 'sink' | 'source'} origin
 * @property {string} where
 * @property {string} code
 * @property {string} message
 * @property {string} remedy
 * @property {string} recorded_at
 * @property {number} size
 * @property {string | null} preview
 */
/**
 * @typedef {object} Replay
 * @property {string} id
 * @property {string} view
 * @property {'building' | 'handover' | 'done' | 'failed'} state
 * @property {boolean} stale
 * @property {number} generation
 * @property {string | null} from
 * @property {boolean} rollback
 * @property {number} read
 * @property {number} to_read
 * @property {string} started_at
 * @property {string} updated_at
 * @property {string} host
 * @property {number} pid
 * @property {string | null} error
 */
/**
 * @typedef {object} WhyReading
 * @property {string} timestamp
 * @property {number} interval_minutes
 * @property {string} sub_key
 * @property {string} fate
 * @property {string | null} revised_at
 * @property {string} ingested_at
 * @property {string} data_origin
 * @property {string} topic
 * @property {number} partition
 * @property {number} offset
 * @property {{ field: string, value: Cell, unit: string | null }[]} values
 */
/**
 * @typedef {object} Why
 * @property {string} view
 * @property {Row} key
 * @property {Row | null} row
 * @property {{ start: string, end: string, time_zone: string } | null} window
 * @property {boolean} complete
 * @property {string | null} waiting_for
 * @property {string | null} watermark
 * @property {number} n
 * @property {number | null} expected
 * @property {number | null} coverage
 * @property {boolean} truncated
 * @property {WhyReading[]} readings
 */
/** A row with the stretch of time that it is about, in milliseconds. @typedef {{ key: string, row: Row, start: number, end: number }} Entry */

export {}
