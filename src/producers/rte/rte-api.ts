import { DAY_MS, MINUTE_MS } from '../../core/calendar.ts'
import type { QuotaLimit } from '../http/quota.ts'

export const RTE_BASE_URL = 'https://digital.iservices.rte-france.com'

/** One application may have subscribed to several of RTE's APIs. */
export const RTE_ACCOUNT = 'rte'

/** RTE lets an account make 50,000 calls a month, over all of its APIs. */
export const RTE_QUOTA: readonly QuotaLimit[] = [
  { calls: 30, perMs: MINUTE_MS },
  { calls: 1500, perMs: DAY_MS },
]
