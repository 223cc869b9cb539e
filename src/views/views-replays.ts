import { wireRecords } from '../events/wire-record.ts'

/** The compacted topic that says of each view how its last replay stands; its keys are the views' names in UTF-8. */
export const VIEWS_REPLAYS_TOPIC = 'views.replays'

/**
 * `building`: rows are written beside the current ones. `handover`: all but the newest are there, and the tasks are asked to stand still
 * for a moment. `done`: the new generation is current. `failed`: it ended before, and the old generation still is.
 */
export type ReplayState = 'building' | 'handover' | 'done' | 'failed'

/** How the last replay of a view stands. */
export interface ViewReplay {
  /** The same for all views that are built in one read of the log. */
  readonly id: string
  readonly view: string
  readonly state: ReplayState
  /** What is built. */
  readonly generation: number
  readonly topic: string
  readonly topicId: string
  readonly fingerprint: string
  /** Instant from which on the rows are built anew, ms since the epoch; null: from the start. */
  readonly from: number | null
  /** It goes back to the generation before, which is brought up to date. */
  readonly rollback: boolean
  /** Records of the topics of readings read so far, and how many there are to read: the same for all views of a replay. */
  readonly read: number
  readonly toRead: number
  /** ms since the epoch, by the clock of who replays. */
  readonly startedAt: number
  readonly updatedAt: number
  /** Who replays. */
  readonly host: string
  readonly pid: number
  /** Why it failed: in words, and where it is one of windrow's errors its code and remedy. */
  readonly error: string | null
  readonly errorCode: string | null
  readonly remedy: string | null
  /** What the tasks answer that stand still for it: another one each time that it begins or is gone on with. */
  readonly request: string
  /** Groups that have to be removed when nobody goes on with it: its own, and what earlier ones have left. */
  readonly groups: readonly string[]
}

/** How the records of `views.replays` are written. Reading throws WR_VIEWS_REPLAYS when the bytes are no such record. */
const viewReplayRecords = wireRecords<ViewReplay>(
  {
    type: 'record',
    name: 'ViewReplay',
    namespace: 'windrow.views',
    doc: 'How the last replay of a view stands. Keyed by the name of the view.',
    fields: [
      { name: 'id', type: 'string', doc: 'The same for all views that are built in one read of the log.' },
      { name: 'view', type: 'string', doc: "The view; the record's key." },
      { name: 'state', type: 'string', doc: 'building, handover, done or failed.' },
      { name: 'generation', type: 'int', doc: 'Number of the generation that is built.' },
      { name: 'topic', type: 'string', doc: 'The topic of its rows.' },
      { name: 'topic_id', type: 'string', doc: 'Identity of that topic.' },
      { name: 'fingerprint', type: 'string', doc: 'Of the topology that makes the rows.' },
      { name: 'from', type: ['null', 'long'], default: null, doc: 'Rows from this instant on are built anew; null: all.' },
      { name: 'rollback', type: 'boolean', default: false, doc: 'Back to the generation before.' },
      { name: 'read', type: 'long', doc: 'Records read so far.' },
      { name: 'to_read', type: 'long', doc: 'Records to read.' },
      { name: 'started_at', type: 'long', doc: 'Milliseconds since the epoch.' },
      { name: 'updated_at', type: 'long', doc: 'Milliseconds since the epoch.' },
      { name: 'host', type: 'string', doc: 'Of the process that replays.' },
      { name: 'pid', type: 'int', doc: 'Of the process that replays.' },
      { name: 'error', type: ['null', 'string'], default: null, doc: 'Why it failed.' },
      { name: 'error_code', type: ['null', 'string'], default: null, doc: 'The code of that error.' },
      { name: 'remedy', type: ['null', 'string'], default: null, doc: 'What to do about it.' },
      { name: 'request', type: 'string', default: '', doc: 'What the tasks answer that stand still for it.' },
      {
        name: 'groups',
        type: { type: 'array', items: 'string' },
        default: [],
        doc: 'Groups that are removed when nobody goes on with it.',
      },
    ],
  },
  {
    code: 'WR_VIEWS_REPLAYS',
    topic: VIEWS_REPLAYS_TOPIC,
    remedy: 'Find who else writes into this topic; it only tells about replays and may be deleted while none runs.',
  },
)

/** What is read of the topic: the last record of each view. */
export const viewsReplays = { topic: VIEWS_REPLAYS_TOPIC, records: viewReplayRecords } as const
