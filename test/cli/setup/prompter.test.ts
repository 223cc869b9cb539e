import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { type Prompter, terminalPrompter } from '../../../src/cli/setup/prompter.ts'

function terminal(): { readonly prompter: Prompter; readonly input: PassThrough } {
  const input = new PassThrough()
  const output = new PassThrough()
  output.resume()
  return { input, prompter: terminalPrompter({ input, output, signal: new AbortController().signal }) }
}

const questions = {
  text: (prompter: Prompter) => prompter.text('City'),
  secret: (prompter: Prompter) => prompter.secret('Key'),
  yes: (prompter: Prompter) => prompter.yes('Another?', false),
}

describe.each(Object.entries(questions))('a question (%s)', (_, ask) => {
  test.each<[string, (input: PassThrough) => unknown]>([
    ['Ctrl-C', (input) => input.write('\u0003')],
    ['Ctrl-D', (input) => input.write('\u0004')],
    ['the end of the input', (input) => input.end()],
    ['a terminal that is gone', (input) => input.destroy()],
  ])('is ended by %s', async (_name, end) => {
    const { prompter, input } = terminal()
    const answer = ask(prompter)
    end(input)
    await expect(answer).rejects.toMatchObject({ code: 'WR_SETUP_ENDED' })
    if (input.readableEnded || input.destroyed) {
      await expect(ask(prompter)).rejects.toMatchObject({ code: 'WR_SETUP_ENDED' })
    }
  })
})

test('Answers are taken one after the other', async () => {
  const { prompter, input } = terminal()
  const city = prompter.text('City')
  input.write('Lyon\r')
  expect(await city).toBe('Lyon')
  const key = prompter.secret('Key')
  input.write('k1\r')
  expect(await key).toBe('k1')
})
