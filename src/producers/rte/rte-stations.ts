import type { Station } from '../stations/station.ts'
import { RTE_ZONE } from './rte-source.ts'

/** Metropolitan France without Corsica: the grid that RTE runs, and the only zone that it speaks of. */
export const FRANCE: Station = {
  id: 'FR',
  upstreamId: null,
  place: { city: null, country: 'FR', latitude: null, longitude: null, timeZone: RTE_ZONE },
}
