import { Command } from 'commander'
import type { CliContext, ExitCode } from './context.ts'
import type { Declare } from './declare.ts'
import { declareAccessCommands } from './declare-access-command.ts'
import { declareBackupCommands } from './declare-backup-commands.ts'
import { declareLakeCommands } from './declare-lake-commands.ts'
import { declareLogCommands } from './declare-log-commands.ts'
import { declarePipelineCommands } from './declare-pipeline-commands.ts'
import { declareUpkeepCommands } from './declare-upkeep-commands.ts'
import { declareViewCommands } from './declare-view-commands.ts'
import { packageVersion } from './package-version.ts'
import { styleOf } from './style.ts'

/** Every command with its options and help. Their code is loaded when one of them runs, so that help is there at once. */
export function buildProgram(context: CliContext, finish: (code: ExitCode) => void): Command {
  const { stdout, stderr } = context
  const style = styleOf(stdout)
  const program = new Command('windrow')
    .description('Stream processing for weather, energy and air quality: every view is a pure function of the log.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print the help of a command')
    // An option after the name of a command within another is its own, also where both have one of that name.
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError('(windrow --help tells more)')
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
      getOutHasColors: () => stdout.colours,
      getErrHasColors: () => stderr.colours,
    })
    .configureHelp({ styleTitle: (title) => style.strong(title), showGlobalOptions: false })
    .addHelpText(
      'after',
      `
Settings are environment variables or stand in .env: docs/configuration.md.
Exit codes: 0 done, 1 found something, 2 wrong use or configuration, 3 failed.`,
    )

  const parents = new Map<string, Command>()
  const declare: Declare = (name, description, examples, configure, run) => {
    const parent = parentOf(program, parents, name)
    const command = parent.command(parent === program ? name : name.slice(name.indexOf(' ') + 1)).description(description)
    if (parent === program) parents.set(command.name(), command)
    command.showHelpAfterError(`(windrow ${name.replace(/ [<[].*/, '')} --help tells more)`)
    configure(command)
    if (examples.length > 0)
      command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ windrow ${line}`).join('\n')}`)
    command.action(async (...given: unknown[]) => {
      // Commander gives the arguments, then the options, then the command.
      finish(await run(given.slice(0, -2), command.opts()))
    })
  }
  program.commandsGroup('Pipeline:')
  declarePipelineCommands(declare, context)
  program.commandsGroup('Views:')
  declareViewCommands(declare, context)
  program.commandsGroup('Log:')
  declareLogCommands(declare, context)
  program.commandsGroup('Upkeep:')
  declareUpkeepCommands(declare, context)
  program.commandsGroup('Warehouse:')
  declareLakeCommands(declare, context)
  declareAccessCommands(declare, context)
  declareBackupCommands(declare, context)
  return program
}

/** `dlq list` is the command `list` of the command `dlq`, and `lake status` one of `lake`, which does something by itself too. */
function parentOf(program: Command, parents: Map<string, Command>, name: string): Command {
  const [first = '', second = ''] = name.split(' ')
  if (!/^[a-z]/.test(second)) return program
  let parent = parents.get(first)
  if (parent === undefined) {
    parent = program.command(first).description(groups[first] ?? '')
    parents.set(first, parent)
  }
  return parent
}

/** What a command is that only has commands. */
const groups: Readonly<Record<string, string>> = {
  dlq: 'Dead letters: what could not be used, and why.',
  access: 'Who may see and change what in Postgres.',
}
