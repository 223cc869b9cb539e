import type { SinkHealth } from '../../api/ports.ts'
import type { SinkStatus } from '../../sinks/sink-status.ts'

const order = ['stopped', 'waiting', 'starting', 'catching_up', 'running'] as const

/** One line a sink and view: its partitions' figures together, and the state of the one that is worst off. */
export function sinkHealth(statuses: readonly SinkStatus[]): SinkHealth[] {
  const byView = new Map<string, SinkStatus[]>()
  for (const status of statuses) {
    const name = `${status.sink} ${status.view}`
    byView.set(name, [...(byView.get(name) ?? []), status])
  }
  return [...byView.values()].map((parts) => {
    const [first] = parts as [SinkStatus]
    const worst = parts.reduce((a, b) => (order.indexOf(b.state) < order.indexOf(a.state) ? b : a))
    const sum = (figure: (part: SinkStatus) => number): number => parts.reduce((total, part) => total + figure(part), 0)
    const errors = parts.flatMap(({ lastError }) => (lastError === null ? [] : [lastError]))
    return {
      sink: first.sink,
      view: first.view,
      isOwn: true,
      state: worst.state,
      lag: sum(({ lag }) => lag),
      rowsPerSecond: sum(({ rowsPerSecond }) => rowsPerSecond),
      // Not those of the partitions together: a counter that falls when one goes to another process would be taken for one that began anew.
      ...first.ofView,
      lastWriteAt: newest(parts.map(({ lastWriteAt }) => lastWriteAt)),
      problem: parts.find(({ problem }) => problem !== null)?.problem ?? null,
      lastError: errors.reduce<SinkHealth['lastError']>((a, b) => (a === null || b.at > a.at ? b : a), null),
    }
  })
}

const newest = (times: ReadonlyArray<number | null>): number | null =>
  times.reduce((latest, time) => (time !== null && (latest === null || time > latest) ? time : latest), null)
