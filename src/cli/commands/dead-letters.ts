import { deadLetterOnWire } from '../../api/wire.ts'
import { WindrowError } from '../../core/errors.ts'
import { formatInstant } from '../../views/instant.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { describeDeadLetter, findDeadLetter, listDeadLetters } from '../dead-letters.ts'
import { retryDeadLetters } from '../retry-dead-letters.ts'
import { withSession } from '../session.ts'
import { styleOf } from '../style.ts'
import { renderTable } from '../table.ts'

const columns = [
  { title: 'recorded' },
  { title: 'code' },
  { title: 'where' },
  { title: 'what is wrong' },
  { title: 'id' },
] as const

/** `windrow dlq list`: the newest dead letters. */
export async function dlqList(
  context: CliContext,
  options: { readonly max: number; readonly json?: boolean },
): Promise<ExitCode> {
  return withSession(context, async ({ log }) => {
    const letters = (await listDeadLetters(log, { limit: options.max, after: null })).map(describeDeadLetter)
    if (options.json === true) {
      await context.stdout.write(`${JSON.stringify(letters.map(deadLetterOnWire), null, 2)}\n`)
    } else if (letters.length === 0) {
      await context.stderr.write('No dead letters.\n')
    } else {
      const rows = letters.map((letter) => [
        `${formatInstant(letter.recordedAt).slice(0, 19)}Z`,
        letter.code,
        letter.where,
        letter.message,
        letter.id,
      ])
      await context.stdout.write(renderTable(columns, rows, context.stdout))
    }
    return 0
  })
}

/** `windrow dlq show`: one dead letter, with the bytes it was made from. */
export async function dlqShow(context: CliContext, id: string, options: { readonly json?: boolean }): Promise<ExitCode> {
  return withSession(context, async ({ log }) => {
    const filed = await findDeadLetter(log, id)
    if (filed === null) {
      throw new WindrowError('WR_DEAD_LETTER_UNKNOWN', {
        message: `There is no dead letter ${id}.`,
        remedy: 'Take the id from `windrow dlq list --json`; one that was retried with success is gone.',
        kind: 'usage',
        facts: { id },
      })
    }
    const info = describeDeadLetter(filed)
    const { key, value } = filed.letter
    if (options.json === true) {
      const bytes = {
        key: key === null ? null : Buffer.from(key).toString('base64'),
        value: value === null ? null : Buffer.from(value).toString('base64'),
      }
      await context.stdout.write(`${JSON.stringify({ ...deadLetterOnWire(info), ...bytes }, null, 2)}\n`)
      return 0
    }
    const style = styleOf(context.stdout)
    const facts: ReadonlyArray<readonly [string, string]> = [
      ['code', info.code],
      ['message', info.message],
      ['remedy', info.remedy],
      ['where', info.where],
      ...(info.input === null ? [] : [['input', info.input] as const]),
      ['recorded', formatInstant(info.recordedAt)],
      ['bytes', info.size.toLocaleString('en-US')],
      ['original', info.preview ?? (value === null ? '(none)' : Buffer.from(value.subarray(0, 64)).toString('hex'))],
    ]
    await context.stdout.write(facts.map(([name, text]) => `${style.strong(name.padEnd(10))}${text}\n`).join(''))
    return 0
  })
}

/** `windrow dlq retry`: puts dead letters through the pipeline again; 1 when some are still refused. */
export async function dlqRetry(
  context: CliContext,
  ids: readonly string[],
  options: { readonly code?: string; readonly all?: boolean; readonly json?: boolean },
): Promise<ExitCode> {
  if (ids.length === 0 && options.code === undefined && options.all !== true) {
    throw new WindrowError('WR_USAGE', {
      message: 'Which dead letters to retry was not said.',
      remedy: 'Give their ids, --code CODE, or --all.',
      kind: 'usage',
    })
  }
  return withSession(context, async ({ log, catalogue }) => {
    const still: Array<{ readonly id: string; readonly reason: string }> = []
    const selection = { ids: ids.length === 0 ? null : ids, code: options.code ?? null }
    const result = await retryDeadLetters(log, catalogue, selection, ({ id }, reason) => still.push({ id, reason }))
    for (const { id, reason } of still) await context.stderr.write(`${id} stays: ${reason}\n`)
    if (options.json === true) await context.stdout.write(`${JSON.stringify(result)}\n`)
    else
      await context.stdout.write(`${result.tried} tried, ${result.accepted} published again, ${result.refused} still refused\n`)
    return result.refused > 0 ? 1 : 0
  })
}
