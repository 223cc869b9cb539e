import type { QuotaLimit } from '../../producers/http/quota.ts'
import { cadenceText, meanSeconds } from '../../producers/stations/cadence.ts'
import { accountOf } from './account-of.ts'
import type { ConfiguredStation } from './configured-stations.ts'

type Asked = Omit<ConfiguredStation, 'cadence'>

/** However many calls schedules by the clock make, intervals keep this part of the quota. */
const LEAST_PART = 0.1

/**
 * Gives every station the cadence that the quota of its account allows: if all intervals together would exceed it, each becomes longer by the same
 * factor, in whole seconds. Schedules by the clock stay: where they exceed it, polls wait.
 */
export function stretched(stations: readonly Asked[]): ConfiguredStation[] {
  const accounts = new Map<string, Asked[]>()
  for (const one of stations) {
    const { id } = accountOf(one)
    accounts.set(id, [...(accounts.get(id) ?? []), one])
  }
  const factors = new Map([...accounts].map(([id, group]) => [id, factorOf(group, group[0]?.quota ?? [])]))
  return stations.map((one) => {
    const factor = factors.get(accountOf(one).id) ?? 1
    const { askedCadence: asked } = one
    if (asked.kind !== 'interval' || factor <= 1) return { ...one, cadence: asked }
    // A tenth of a second is rounding of the division, not a longer interval.
    return { ...one, cadence: { kind: 'interval', seconds: Math.ceil(asked.seconds * factor - 1e-6) } }
  })
}

function factorOf(group: readonly Asked[], quota: readonly QuotaLimit[]): number {
  let ofIntervals = 0
  let ofClock = 0
  for (const { askedCadence } of group) {
    // What the clocks say in a day does not depend on the day by much.
    const perSecond = 1 / meanSeconds(askedCadence, 0)
    if (askedCadence.kind === 'interval') ofIntervals += perSecond
    else ofClock += perSecond
  }
  const factors = quota.map(({ calls, perMs }) => {
    const allowed = calls / (perMs / 1000)
    return ofIntervals / Math.max(allowed - ofClock, allowed * LEAST_PART)
  })
  return Math.max(1, ...factors)
}

export interface StretchNote {
  /** False: nobody asked for the shorter interval, so nothing is wrong. */
  readonly isAsked: boolean
  /** One sentence. */
  readonly text: string
}

/** What there is to say of every source whose intervals the quota has made longer. */
export function stretchNotes(stations: readonly ConfiguredStation[]): StretchNote[] {
  const longer = stations.filter(({ cadence, askedCadence }) => cadence !== askedCadence)
  const sources = [...new Set(longer.map(({ kind }) => kind))]
  return sources.flatMap((kind) =>
    [true, false].flatMap((isAsked) => {
      const group = longer.filter((one) => one.kind === kind && one.isCadenceAsked === isAsked)
      return group.length === 0 ? [] : [{ isAsked, text: isAsked ? tooSmall(group) : allowed(group) }]
    }),
  )
}

function tooSmall(group: readonly ConfiguredStation[]): string {
  const changes = new Set(
    group.map(({ askedCadence, cadence }) => `${cadenceText(askedCadence)} becomes ${cadenceText(cadence)}`),
  )
  const { title, quota, count } = wordsOf(group)
  return `${title}: its quota (${quota}) is too small for ${count} as asked for: ${[...changes].join(', ')}.`
}

function allowed(group: readonly ConfiguredStation[]): string {
  const { title, quota, count } = wordsOf(group)
  const cadences = new Set(group.map(({ cadence }) => cadenceText(cadence)))
  return `${title}: ${count} polled ${[...cadences].join(', ')}, as often as its quota (${quota}) allows.`
}

function wordsOf(group: readonly ConfiguredStation[]): {
  readonly title: string
  readonly quota: string
  readonly count: string
} {
  return {
    title: group[0]?.kind.title ?? '',
    quota: quotaText(group[0]?.quota ?? []),
    count: `${group.length} station${group.length === 1 ? '' : 's'}`,
  }
}

/** `60 calls in a minute and 1,000 in a day`. */
export function quotaText(quota: readonly QuotaLimit[]): string {
  const texts = quota.map(({ calls, perMs }, i) => {
    const length = cadenceText({ kind: 'interval', seconds: perMs / 1000 }).replace(/^every /, '')
    const stretch = /^\d/.test(length) ? length : `a ${length}`.replace('a hour', 'an hour')
    return `${calls.toLocaleString('en-US')}${i === 0 ? (calls === 1 ? ' call' : ' calls') : ''} in ${stretch}`
  })
  return texts.join(' and ')
}
