import { rm } from 'node:fs/promises'
import { WindrowError } from '../../core/errors.ts'
import { resetViews } from '../../runtime/reset-views.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { type Session, stateDirectory, withSession } from '../session.ts'

export interface ResetOptions {
  readonly views?: boolean
  readonly all?: boolean
  readonly yes?: boolean
}

/** `windrow reset`: forgets the views (they are built anew from the log), or everything. Refused while a runner is at work. */
export async function reset(context: CliContext, options: ResetOptions): Promise<ExitCode> {
  if ((options.views === true) === (options.all === true)) {
    throw new WindrowError('WR_USAGE', {
      message: 'What to reset was not said, or twice.',
      remedy: 'Give --views (the readings stay, the views are built anew) or --all (everything goes, the readings too).',
      kind: 'usage',
    })
  }
  return withSession(context, async (session) => {
    const what = options.all === true ? `everything in ${session.config.dataDir}, readings too` : 'all views; the readings stay'
    if (!(await confirmed(context, options, what))) {
      await context.stderr.write('Nothing was changed.\n')
      return 1
    }
    const { deletedTopics } = await resetViews(
      session.log,
      session.catalogue.events.map((event) => session.catalogue.topicOf(event)),
    )
    const alsoDeleted = options.all === true ? await deleteAllTopics(session) : []
    // A cache of the log: the next run fills it again.
    await rm(stateDirectory(session.config), { recursive: true, force: true })
    for (const topic of [...deletedTopics, ...alsoDeleted]) await context.stdout.write(`deleted ${topic}\n`)
    const next = options.all === true ? 'The log is empty.' : 'The next `windrow run` or `windrow start` builds the views anew.'
    await context.stderr.write(`${next}\n`)
    return 0
  })
}

async function deleteAllTopics({ log }: Session): Promise<string[]> {
  const names = (await log.topics()).map(({ name }) => name)
  for (const name of names) await log.deleteTopic(name)
  return names
}

async function confirmed(context: CliContext, { yes }: ResetOptions, what: string): Promise<boolean> {
  if (yes === true) return true
  if (context.ask === null) {
    throw new WindrowError('WR_USAGE', {
      message: `This would forget ${what}, and there is nobody to ask.`,
      remedy: 'Add --yes.',
      kind: 'usage',
    })
  }
  return (await context.ask(`This forgets ${what}. Go on? [y/N] `)).trim().toLowerCase().startsWith('y')
}
