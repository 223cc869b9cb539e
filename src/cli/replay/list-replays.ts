import type { ReplayInfo } from '../../api/ports.ts'
import type { Clock } from '../../core/clock.ts'
import { readLatest } from '../../log/latest-records.ts'
import type { Log } from '../../log/port.ts'
import { viewsReplays } from '../../views/views-replays.ts'

/** Who replays tells every two seconds how it stands. */
const SILENT_MS = 30_000

/** How the last replay of each view stands, by the name of the view. */
export async function listReplays(log: Log, clock: Clock): Promise<ReplayInfo[]> {
  const now = clock.now()
  return [...(await readLatest(log, viewsReplays)).values()]
    .map(({ topic: _topic, topicId: _topicId, fingerprint: _fingerprint, request: _request, groups: _groups, ...replay }) => {
      const isAtWork = replay.state === 'building' || replay.state === 'handover'
      return { ...replay, stale: isAtWork && now - replay.updatedAt > SILENT_MS }
    })
    .sort((a, b) => (a.view < b.view ? -1 : 1))
}
