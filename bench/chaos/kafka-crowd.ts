import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { within } from './deadline.ts'
import type { Piece } from './reading-pieces.ts'
import { startWindrow, type WindrowProcess } from './windrow-process.ts'

/** The shortest that windrow takes. */
export const SESSION_TIMEOUT_MS = 6_000
const STOP_MS = 30_000
const COMMAND_MS = 180_000

/** The processes of windrow at work on a broker. Folders are named by whose they are, logs too. */
export interface Crowd {
  /** Members that should run, in the order of their start. */
  readonly members: readonly WindrowProcess[]
  addMember(): WindrowProcess
  /** Puts another process in the place of one that was killed, `forgetting` without the folder of the one before. */
  replace(member: WindrowProcess, forgetting: boolean): Promise<void>
  /** Asks it to stop, and waits. */
  dismiss(member: WindrowProcess): Promise<void>
  produce(piece: Piece): WindrowProcess
  /** Runs a command to its end; rejects when it fails. */
  succeed(args: readonly string[], options?: { readonly prints?: boolean; readonly embedded?: boolean }): Promise<void>
  /** Throws when a member that should run does not. */
  checkMembers(): void
  killAll(): Promise<void>
}

/** Arguments that publish a file. */
export const publishing = ({ station, format, path }: Piece): readonly string[] => [
  ...['produce', '--source', 'file', '--format', format],
  ...['--station', station, '--file', path],
]

export function kafkaCrowd(folder: string, brokers: string): Crowd {
  const all = new Set<WindrowProcess>()
  const members: WindrowProcess[] = []
  const common = { WINDROW_LOG_LEVEL: 'info', WINDROW_PARTITIONS: '4' }
  const onKafka = { KAFKA_BROKERS: brokers, KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS) }
  // Little memory and frequent commits: there is always something under way.
  const runner = { WINDROW_COMMIT_INTERVAL_MS: '10', WINDROW_MEMORY_MB: '8' }
  let commands = 0

  const dataOf = (name: string) => join(folder, `data-${name}`)

  function start(
    name: string,
    args: readonly string[],
    settings: Readonly<Record<string, string>>,
    prints = false,
  ): WindrowProcess {
    const started = startWindrow({
      name,
      args,
      settings: { ...common, WINDROW_DATA_DIR: dataOf(name), ...settings },
      logFile: join(folder, `${name}.log`),
      prints,
    })
    all.add(started)
    void started.ended.then(
      () => all.delete(started),
      () => all.delete(started),
    )
    return started
  }

  const startMember = (name: string) => start(name, ['run', '--sinks', 'none'], { ...onKafka, ...runner })

  function leave(member: WindrowProcess): number {
    const at = members.indexOf(member)
    members.splice(at, 1)
    return at
  }

  return {
    members,
    addMember() {
      const names = new Set(members.map(({ name }) => name))
      let number = 1
      while (names.has(`member-${number}`)) number += 1
      const member = startMember(`member-${number}`)
      members.push(member)
      return member
    },
    async replace(member, forgetting) {
      const at = leave(member)
      if (forgetting) await rm(dataOf(member.name), { recursive: true, force: true })
      members.splice(at, 0, startMember(member.name))
    },
    async dismiss(member) {
      leave(member)
      member.signal('SIGTERM')
      const ending = await within(member.ended, STOP_MS, () => `${member.name} to stop after SIGTERM; it told:\n${member.told()}`)
      if (ending !== 'exit code 0') throw new Error(`${member.name} stopped with ${ending}; it told:\n${member.told()}`)
    },
    produce(piece) {
      return start(`producer-${piece.station}`, publishing(piece), { ...onKafka, WINDROW_DATA_DIR: dataOf('producers') })
    },
    async succeed(args, { prints = false, embedded = false } = {}) {
      commands += 1
      const settings = embedded ? { WINDROW_DATA_DIR: dataOf('calm') } : { ...onKafka, WINDROW_DATA_DIR: dataOf('last') }
      const command = start(`command-${commands}`, args, settings, prints)
      const what = `windrow ${args.join(' ')}`
      const ending = await within(command.ended, COMMAND_MS, () => `${what} to end; it told:\n${command.told()}`)
      if (ending !== 'exit code 0') throw new Error(`${what} ended with ${ending}; it told:\n${command.told()}`)
    },
    checkMembers() {
      const gone = members.find(({ runs }) => !runs)
      if (gone !== undefined) throw new Error(`${gone.name} has ended by itself; it told:\n${gone.told()}`)
    },
    async killAll() {
      await Promise.all([...all].map((each) => each.kill()))
    },
  }
}
