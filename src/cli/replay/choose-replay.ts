import { WindrowError } from '../../core/errors.ts'
import type { ReplayCommandOptions } from '../commands/replay.ts'
import type { CliContext, ExitCode } from '../context.ts'

/** All options of `windrow replay`. */
export interface ReplayOptions extends ReplayCommandOptions {
  readonly verify?: boolean
  readonly asOf?: string
  readonly output?: string
}

/** What each way of replaying knows of, beside `--json`. */
const KNOWN = {
  '--verify': ['sinks', 'output'],
  '--as-of': ['output'],
  'A replay': ['from', 'rollback', 'sinks'],
} as const

/** `windrow replay`: builds anew, or, with `--verify` or `--as-of`, looks and changes nothing. */
export async function chooseReplay(context: CliContext, names: readonly string[], options: ReplayOptions): Promise<ExitCode> {
  const { verify, asOf } = options
  const way = verify === true ? '--verify' : asOf !== undefined ? '--as-of' : 'A replay'
  refuseOthers(way, options)
  if (verify === true) return (await import('./verify-replay.ts')).verifyReplay(context, names, options)
  if (asOf !== undefined) return (await import('./as-of-replay.ts')).asOfReplay(context, names, { ...options, asOf })
  return (await import('../commands/replay.ts')).replay(context, names, options)
}

function refuseOthers(way: keyof typeof KNOWN, options: ReplayOptions): void {
  const known: readonly string[] = KNOWN[way]
  const given = (['verify', 'asOf', 'from', 'rollback', 'sinks', 'output'] as const).filter((name) => options[name] !== undefined)
  const own = way === '--verify' ? 'verify' : way === '--as-of' ? 'asOf' : null
  const stray = given.find((name) => name !== own && !known.includes(name))
  if (stray === undefined) return
  const option = `--${stray.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  throw new WindrowError('WR_USAGE', {
    message: `${way} does not know ${option}.`,
    remedy: `Leave out ${option}${way === 'A replay' ? ', or add --verify or --as-of' : ''}.`,
    kind: 'usage',
  })
}
