import { WindrowError } from '../../core/errors.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { pairOf, placeOfText, type SetupAnswers, type WantedPlace } from '../setup/answers.ts'
import { applyAnswers } from '../setup/apply-answers.ts'
import { askAnswers } from '../setup/ask-answers.ts'
import type { Prompter } from '../setup/prompter.ts'

export interface SetupOptions {
  readonly interactive?: boolean
  readonly key?: string
  readonly visualCrossing?: string
  readonly rte?: string
  readonly rteGeneration?: string
  readonly city?: string
  readonly country?: string
  readonly lat?: number
  readonly lon?: number
  readonly place?: readonly string[]
  readonly source?: readonly string[]
}

/** Where secrets and answers come from, for tests. */
export interface SetupInput {
  readonly prompter: Prompter
  readonly readStdin: () => Promise<string>
}

/** `windrow setup`: asks for keys and places, or takes them from the options, and writes them down. */
export async function setup(context: CliContext, options: SetupOptions, input?: SetupInput): Promise<ExitCode> {
  const answers = hasAnswers(options)
    ? await answersOf(options, input?.readStdin ?? readStdin)
    : await askAnswers(input?.prompter ?? (await prompterOf(context)))
  const report = applyAnswers(answers, context.environment, context.folder)
  await context.stderr.write(`${report.join('\n')}\nTry it with \`windrow doctor\`, then \`windrow start\`.\n`)
  return 0
}

function hasAnswers({ interactive, ...answers }: SetupOptions): boolean {
  const isAnswered = Object.values(answers).some((value) => value !== undefined)
  if (!isAnswered || interactive !== true) return isAnswered
  throw usage('-i asks for what the other options say.', 'Leave out -i, or the others.')
}

async function prompterOf(context: CliContext): Promise<Prompter> {
  if (context.ask === null) {
    const remedy =
      'Give what you would answer as options: windrow setup -k KEY, or -k - and the key on stdin; windrow help setup lists them.'
    throw usage('There is no terminal to ask at.', remedy)
  }
  const { terminalPrompter } = await import('../setup/prompter.ts')
  return terminalPrompter({ input: process.stdin, output: process.stderr, signal: context.signal })
}

async function answersOf(options: SetupOptions, stdin: () => Promise<string>): Promise<SetupAnswers> {
  const { key, visualCrossing, rte, rteGeneration } = options
  if ([key, visualCrossing, rte, rteGeneration].filter((value) => value === '-').length > 1)
    throw usage('Only one secret can be read from stdin.', 'Run windrow setup once for each: what was written before stays.')
  const read = async (option: string, value: string): Promise<string> => {
    const secret = (value === '-' ? ((await stdin()).split('\n')[0] ?? '') : value).trim()
    if (secret === '') throw usage(`${option} is empty.`, `Give ${option} a value, or - and the value on stdin.`)
    return secret
  }
  const secrets = new Map<string, string>()
  if (key !== undefined) secrets.set('METEO_API_KEY', await read('--key', key))
  if (visualCrossing !== undefined) secrets.set('VISUAL_CROSSING_API_KEY', await read('--visual-crossing', visualCrossing))
  for (const [option, value, suffix] of [
    ['--rte', rte, ''],
    ['--rte-generation', rteGeneration, '_2'],
  ] as const) {
    if (value === undefined) continue
    const [id, secret] = pairOf(option, await read(option, value))
    secrets.set(`RTE_CLIENT_ID${suffix}`, id)
    secrets.set(`RTE_CLIENT_SECRET${suffix}`, secret)
  }
  return { secrets, places: placesOf(options), keyless: options.source ?? [] }
}

function placesOf({ city, country, lat, lon, place = [] }: SetupOptions): WantedPlace[] {
  const places = place.map(placeOfText)
  if (city === undefined && country === undefined && lat === undefined && lon === undefined) return places
  if (lat === undefined || lon === undefined)
    throw usage('A place needs both --lat and --lon.', 'Add them: --city Lyon --country FR --lat 45.764 --lon 4.8357.')
  return [{ city: city ?? null, country: country ?? null, latitude: lat, longitude: lon }, ...places]
}

const usage = (message: string, remedy: string): WindrowError => new WindrowError('WR_USAGE', { message, remedy, kind: 'usage' })

async function readStdin(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk as string
    if (text.includes('\n')) break
  }
  return text
}
