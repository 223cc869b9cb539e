import { WindrowError } from '../../core/errors.ts'
import type { ReplayCommandOptions } from '../commands/replay.ts'
import type { CliContext, ExitCode } from '../context.ts'

/** All options of `windrow replay`. */
export interface ReplayOptions extends ReplayCommandOptions {
  readonly verify?: boolean
  readonly asOf?: string
  readonly output?: string
}

/** `windrow replay`: builds anew, or, with `--verify` or `--as-of`, looks and changes nothing. */
export async function chooseReplay(context: CliContext, names: readonly string[], options: ReplayOptions): Promise<ExitCode> {
  refuseContradictions(options)
  const { verify, asOf } = options
  if (verify === true) return (await import('./verify-replay.ts')).verifyReplay(context, names, options)
  if (asOf !== undefined) return (await import('./as-of-replay.ts')).asOfReplay(context, names, { ...options, asOf })
  return (await import('../commands/replay.ts')).replay(context, names, options)
}

interface Contradiction {
  readonly both: readonly [keyof ReplayOptions, keyof ReplayOptions]
  readonly message: string
  readonly remedy: string
}

const CONTRADICTIONS: readonly Contradiction[] = [
  {
    both: ['verify', 'asOf'],
    message: '--verify compares what is there with what the log makes of all readings; --as-of leaves out later ones.',
    remedy: 'Give one of the two, or run it twice, once with each.',
  },
  {
    both: ['verify', 'rollback'],
    message: '--verify changes nothing, and --rollback goes back to other rows.',
    remedy: 'Leave out --verify, and compare once the rollback is done: `windrow replay --verify`.',
  },
  {
    both: ['verify', 'from'],
    message: '--verify compares all rows and builds none: it has no --from.',
    remedy: 'Leave out --from; or leave out --verify to build the rows from then on anew.',
  },
  {
    both: ['asOf', 'rollback'],
    message: '--as-of changes nothing, and --rollback goes back to other rows.',
    remedy: 'Leave out one of the two.',
  },
  {
    both: ['asOf', 'from'],
    message: '--as-of shows all rows as they were known then and builds none: it has no --from.',
    remedy: 'Leave out --from; or leave out --as-of to build the rows from then on anew.',
  },
  {
    both: ['asOf', 'sinks'],
    message: '--as-of shows rows of the log alone: no store is looked at, so there is nothing for --sinks.',
    remedy: 'Leave out --sinks; --verify compares stores.',
  },
  {
    both: ['rollback', 'from'],
    message: '--rollback brings all rows of the generation before up to date: it has no --from.',
    remedy: 'Leave out --from; or leave out --rollback to build the rows from then on anew.',
  },
]

/** WR_USAGE where two of the options exclude each other, or one lacks another. */
export function refuseContradictions(options: ReplayOptions): void {
  const isGiven = (name: keyof ReplayOptions): boolean => options[name] !== undefined
  const found = CONTRADICTIONS.find(({ both }) => both.every(isGiven))
  if (found !== undefined) throw usage(found)
  if (!isGiven('output') || isGiven('verify') || isGiven('asOf')) return
  throw usage({
    message: 'A replay has nothing to write into the file of --output.',
    remedy:
      'Add --verify for all differences, or --as-of for rows as they were known then; or leave out --output: `windrow export` writes rows.',
  })
}

function usage({ message, remedy }: Pick<Contradiction, 'message' | 'remedy'>): WindrowError {
  return new WindrowError('WR_USAGE', { message, remedy, kind: 'usage' })
}
