import type { Problem } from '../../api/ports.ts'
import type { Clock } from '../../core/clock.ts'
import { isWindrowError, messageOf } from '../../core/errors.ts'

/** An error as something that needs a person. */
export function problemOf(error: unknown, since: number | null): Problem {
  if (isWindrowError(error)) return { code: error.code, message: error.message, remedy: error.remedy, since }
  return { code: 'WR_UNFORESEEN', message: messageOf(error), remedy: 'Read the log of windrow, and report what it says.', since }
}

/** Who asks for the health is answered also while the brokers are away, which is when they ask. */
const ANSWER_MS = 2_000

const logIsAway: Problem = {
  code: 'WR_KAFKA_UNREACHABLE',
  message: `The log has not answered within ${ANSWER_MS / 1000} s.`,
  remedy: 'Look whether the brokers run and are reached from here (KAFKA_BROKERS); what waits goes on when they answer.',
  since: null,
}

/** What the log says, or why it does not. */
export async function inTime<T>(clock: Clock, asked: Promise<T>): Promise<{ readonly found: T } | { readonly problem: Problem }> {
  const waiting = new AbortController()
  const found = asked.then(
    (answer) => ({ found: answer }),
    (error: unknown) => ({ problem: problemOf(error, null) }),
  )
  const late = clock.sleep(ANSWER_MS, waiting.signal).then(() => ({ problem: logIsAway }))
  const first = await Promise.race([found, late])
  waiting.abort()
  return first
}
