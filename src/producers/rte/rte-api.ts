import { DAY_MS, MINUTE_MS } from '../../core/calendar.ts'
import { energyReadings } from '../../events/energy.ts'
import type { EventType } from '../../events/event-type.ts'
import type { UpstreamKind } from '../upstream-kind.ts'
import { FRANCE } from './rte-stations.ts'

/** What all of RTE's APIs have in common. */
export const RTE_API = {
  events: [energyReadings as EventType],
  baseUrl: 'https://digital.iservices.rte-france.com',
  needs: 'client',
  // One application may have subscribed to several of them.
  account: 'rte',
  // RTE lets an account make 50,000 calls a month, over all of its APIs.
  quota: [
    { calls: 30, perMs: MINUTE_MS },
    { calls: 1500, perMs: DAY_MS },
  ],
  intervalSeconds: 900,
  backfillDays: 31,
  revisionDays: 3,
  staleAfterHours: 24,
  hasHistory: true,
  defaultStations: [FRANCE],
} satisfies Partial<UpstreamKind>
