import { systemClock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { type ProgressDisplay, progressDisplay, progressLines } from '../producers/progress.ts'
import type { CliContext } from './context.ts'

/** How a poll of the only source goes on: a bar on a terminal, lines otherwise. */
export function pollProgress({ terminal }: Pick<CliContext, 'terminal'>, logger: Logger): ProgressDisplay {
  return terminal === null ? progressLines(logger, systemClock) : progressDisplay(terminal, logger, systemClock)
}
