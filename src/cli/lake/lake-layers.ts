import { WindrowError } from '../../core/errors.ts'
import type { Write } from '../../log/port.ts'
import { goldLayer } from '../../sinks/lake/gold/gold-layer.ts'
import type { LakeLayer } from '../../sinks/lake/lake-layer.ts'
import { readingsLayer } from '../../sinks/lake/readings/readings-layer.ts'
import type { RefusedRow } from '../../sinks/refused-row.ts'
import type { Session } from '../session.ts'

export const LAKE_LAYERS = ['bronze', 'silver', 'gold'] as const
export type LakeLayerName = (typeof LAKE_LAYERS)[number]

/** In the order in which readings go through them. Throws WR_USAGE for a name that is none. */
export function layersNamed(names: readonly string[]): readonly LakeLayerName[] {
  const unknown = names.find((name) => !(LAKE_LAYERS as readonly string[]).includes(name))
  if (unknown !== undefined || names.length === 0) {
    throw usage(unknown === undefined ? 'No layer is named.' : `The lake has no layer called ${JSON.stringify(unknown)}.`)
  }
  // One pass over the readings makes both.
  if (names.includes('bronze') !== names.includes('silver')) {
    throw usage('Bronze and silver are made together, and only one of them is named.')
  }
  return LAKE_LAYERS.filter((name) => names.includes(name))
}

export interface LakeLayersOptions {
  readonly session: Session
  readonly names: readonly LakeLayerName[]
  /** Null: for ever. */
  readonly keepDays: number | null
  /** Makes the dead letter of a row that no file can have. */
  readonly deadLetter: (row: RefusedRow) => Write
}

export function lakeLayers({ session, names, keepDays, deadLetter }: LakeLayersOptions): LakeLayer[] {
  const { events, views, topicOf } = session.catalogue
  const topics = events.map((event) => ({ event, topic: topicOf(event) }))
  return [
    ...(names.includes('bronze') ? [readingsLayer({ topics, keepDays })] : []),
    ...(names.includes('gold') ? [goldLayer({ views, deadLetter })] : []),
  ]
}

function usage(message: string): WindrowError {
  return new WindrowError('WR_USAGE', {
    message,
    remedy: 'Use --layers (WINDROW_LAKE_LAYERS) with gold, with bronze,silver, or with all three.',
    kind: 'usage',
  })
}
