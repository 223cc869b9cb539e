import { runCommandLine } from './command-line.ts'
import { streamOutput } from './output.ts'
import { stopOnSignals } from './stop-signals.ts'

const stop = stopOnSignals((name) => {
  process.stderr.write(`\n${name}: stopping cleanly, once more to stop at once\n`)
})

async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await terminal.question(question, { signal: stop.signal })
  } finally {
    terminal.close()
  }
}

const code = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  folder: process.cwd(),
  stdout: streamOutput(process.stdout, process.env, () => stop.abort()),
  stderr: streamOutput(process.stderr, process.env),
  terminal: process.stderr.isTTY ? process.stderr : null,
  signal: stop.signal,
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : null,
})
// Every command has closed what it opened and both streams took all that was written: nothing is worth waiting for.
process.exit(code)
