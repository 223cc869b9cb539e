import type { SinkHealth } from '../../api/ports.ts'
import type { Logger } from '../../core/logger.ts'
import type { DeadLetterTopic } from '../../runtime/dead-letter-output.ts'
import type { LakeRunner } from '../../sinks/lake/lake-runner.ts'
import type { Session } from '../session.ts'
import type { ConfiguredLake } from './start-lake.ts'

/** The lake of a process that does other things too. */
export interface LakeOfPipeline {
  health(): Promise<readonly SinkHealth[]>
  /** Waits until the lake has all that is in the log and in the views now. */
  untilEnd(signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}

export const noLake: LakeOfPipeline = {
  health: async () => [],
  untilEnd: async () => undefined,
  stop: async () => undefined,
}

/** Starts to write the lake. What it waits for is waited for by it alone. */
export async function lakeOfPipeline(
  session: Session,
  logger: Logger,
  deadLetters: DeadLetterTopic | null,
): Promise<LakeOfPipeline> {
  const { startConfiguredLake } = await import('./start-lake.ts')
  const start = (once: boolean): Promise<ConfiguredLake> => startConfiguredLake({ session, logger, once, deadLetters })
  let runner = await start(false)
  return {
    health: () => runner.health(),
    async untilEnd(signal) {
      // What goes on writes when it is due; one that is to have all at once does so now.
      await runner.stop()
      if (signal.aborted) return
      runner = await start(true)
      await untilDone(runner, signal)
    },
    stop: () => runner.stop(),
  }
}

/** Rejects with what a person has to mend, and when the signal aborts. */
export async function untilDone(runner: LakeRunner, signal: AbortSignal): Promise<void> {
  const waiting = new AbortController()
  const aborted = new Promise<void>((resolve) => {
    const end = (): void => resolve()
    if (signal.aborted) resolve()
    signal.addEventListener('abort', end, { once: true, signal: waiting.signal })
  })
  try {
    await Promise.race([runner.done, aborted])
    signal.throwIfAborted()
  } finally {
    waiting.abort()
  }
}
