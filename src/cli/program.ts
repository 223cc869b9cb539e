import { Command } from 'commander'
import type { CliContext, ExitCode } from './context.ts'
import type { Declare } from './declare.ts'
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
    const command = parentOf(program, parents, name).command(name.replace(/^dlq /, '')).description(description)
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
  return program
}

/** `dlq list` is the command `list` of the command `dlq`. */
function parentOf(program: Command, parents: Map<string, Command>, name: string): Command {
  if (!name.startsWith('dlq ')) return program
  let parent = parents.get('dlq')
  if (parent === undefined) {
    parent = program.command('dlq').description('Dead letters: what could not be used, and why.')
    parents.set('dlq', parent)
  }
  return parent
}
