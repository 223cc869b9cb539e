import { wireRecords } from '../events/wire-record.ts'

/** The compacted topic that says of each view which generation is current; its keys are the views' names in UTF-8. */
export const VIEWS_CURRENT_TOPIC = 'views.current'

/** How far a generation has the readings of one event. */
export interface GenerationInput {
  readonly event: string
  /** Of the topic of readings. */
  readonly topicId: string
  /** The first offset of each partition, from partition 0, that its rows know nothing of. */
  readonly offsets: readonly number[]
  /** Where some of its rows stood, if further: those that were built, beside others that were taken over. Empty: none did. */
  readonly builtTo: readonly number[]
}

/** One building of a view's rows from the log. */
export interface Generation {
  /** 1 is the first. */
  readonly generation: number
  /** The topic of this generation's rows. */
  readonly topic: string
  readonly topicId: string
  /** Of the topology that makes the rows. */
  readonly fingerprint: string
  /** What its rows stood at when it became current, or when it ceased to be; empty for one that was current from the first reading on. */
  readonly inputs: readonly GenerationInput[]
}

/** Which generation of a view is current. */
export interface CurrentView extends Generation {
  readonly view: string
  /** The topic's end in each partition when the generation became current. */
  readonly endOffsets: readonly number[]
  /** When it became current, by the clock of who made it so: ms since the epoch. 0: not known. */
  readonly since: number
  /** The one before, for the way back; null where there is none (any more). */
  readonly previous: Generation | null
}

const inputs = {
  name: 'inputs',
  type: {
    type: 'array',
    items: {
      type: 'record',
      name: 'GenerationInput',
      fields: [
        { name: 'event', type: 'string' },
        { name: 'topic_id', type: 'string', doc: 'Identity of the topic of readings.' },
        { name: 'offsets', type: { type: 'array', items: 'long' }, doc: 'The first offset not contained, by partition.' },
        {
          name: 'built_to',
          type: { type: 'array', items: 'long' },
          default: [],
          doc: 'The same of the rows that went furthest.',
        },
      ],
    },
  },
  doc: 'How far into the topics of readings the rows went when the generation became current, or ceased to be.',
}

const generation = [
  { name: 'generation', type: 'int', doc: 'Number of the generation, 1 is the first.' },
  { name: 'topic', type: 'string', doc: "The topic of this generation's rows." },
  { name: 'topic_id', type: 'string', doc: 'Identity of the topic: one made anew under the same name has another.' },
  { name: 'fingerprint', type: 'string', doc: 'Of the topology that makes the rows.' },
]

/** The record of a generation that is current from the first reading on. */
export function firstGeneration(
  view: string,
  topic: { readonly name: string; readonly id: string; readonly partitions: number },
  fingerprint: string,
  since: number,
): CurrentView {
  const endOffsets = new Array<number>(topic.partitions).fill(0)
  return { view, generation: 1, topic: topic.name, topicId: topic.id, fingerprint, inputs: [], endOffsets, since, previous: null }
}

/** How the records of `views.current` are written. Reading throws WR_VIEWS_CURRENT when the bytes are no such record. */
export const currentViewRecords = wireRecords<CurrentView>(
  {
    type: 'record',
    name: 'CurrentView',
    namespace: 'windrow.views',
    doc: 'Which generation of a view is current. Keyed by the name of the view.',
    fields: [
      { name: 'view', type: 'string', doc: "The view; the record's key." },
      ...generation,
      {
        name: 'end_offsets',
        type: { type: 'array', items: 'long' },
        doc: "The topic's end in each partition, from partition 0, when the generation became current.",
      },
      { ...inputs, default: [] },
      { name: 'since', type: 'long', default: 0, doc: 'When it became current, in milliseconds since the epoch.' },
      {
        name: 'previous',
        type: [
          'null',
          {
            type: 'record',
            name: 'Generation',
            fields: [...generation, { ...inputs, type: { type: 'array', items: 'GenerationInput' } }],
          },
        ],
        default: null,
        doc: 'The generation before, for the way back.',
      },
    ],
  },
  {
    code: 'WR_VIEWS_CURRENT',
    topic: VIEWS_CURRENT_TOPIC,
    remedy: 'Find who else writes into this topic; windrow reset --views builds all views anew from the log.',
  },
)

/** What is read of the topic: the last record of each view. */
export const viewsCurrent = { topic: VIEWS_CURRENT_TOPIC, records: currentViewRecords } as const
