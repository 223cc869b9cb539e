// A process that helps a replay to build; started by `buildHelpers`, and of no use by itself.

import { loadConfig } from '../../config/load-config.ts'
import { systemClock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { jobOf } from '../../runtime/replay/build-order.ts'
import { startBuilding } from '../../runtime/replay/building.ts'
import { latenessMinutes } from '../allowed-lateness.ts'
import { withConfig } from '../session.ts'
import { type FromHelper, plain, sentError, type ToHelper } from './build-messages.ts'

/** How often the tasks are looked at. */
const LOOK_MS = 100

const stopping = new AbortController()
let isDone = false

/** A terminal sends its signals to both; what they mean is for the other to say. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
/** Also where it was killed: nobody would ever flip to what is built here. */
process.on('disconnect', () => process.exit(3))

process.on('message', (message: ToHelper) => {
  if (message.kind === 'build') {
    void help(message)
    return
  }
  isDone = message.isDone
  stopping.abort()
})

async function help({ environment, folder, order }: Extract<ToHelper, { kind: 'build' }>): Promise<void> {
  try {
    const config = loadConfig(environment, folder)
    await withConfig(config, async (session) => {
      const { log, catalogue } = session
      // All was read before this process was ready.
      if (stopping.signal.aborted) return
      const building = await startBuilding(
        { log, kv: await session.state(), allowedLatenessMinutes: latenessMinutes(config), clock: systemClock, logger },
        jobOf(order, catalogue.topologies),
      )
      try {
        await tell({ kind: 'joined' })
        while (!stopping.signal.aborted) {
          building.rethrow()
          await systemClock.sleep(LOOK_MS, stopping.signal)
        }
      } catch (error) {
        // Before others take its partitions, and could end before they hear of it.
        await tell({ kind: 'failed', error: sentError(error) })
        throw error
      } finally {
        await building.stop(isDone)
      }
    })
    process.exit(0)
  } catch (error) {
    await tell({ kind: 'failed', error: sentError(error) })
    process.exit(3)
  }
}

function tell(message: FromHelper): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve()
    else process.send(message, () => resolve())
  })
}

const line =
  (level: keyof Logger) =>
  (facts: object, message: string): void =>
    void tell({ kind: 'log', level, facts: plain(facts), message })

const logger: Logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
