import type { Readable, Writable } from 'node:stream'
import { confirm, isCancel, password, text } from '@clack/prompts'
import { WindrowError } from '../../core/errors.ts'

/** Asks the person at the terminal. A question rejects with WR_SETUP_ENDED when the person wants no more of it. */
export interface Prompter {
  readonly text: (question: string, options?: TextOptions) => Promise<string>
  /** What is typed is not shown. Empty: nothing was typed. */
  readonly secret: (question: string) => Promise<string>
  readonly yes: (question: string, otherwise: boolean) => Promise<boolean>
}

export interface TextOptions {
  /** What an empty answer means. Default: an empty text. */
  readonly otherwise?: string
  /** What is wrong with an answer, null when nothing is. */
  readonly check?: (answer: string) => string | null
}

/** Asks by lines that are edited and, for secrets, masked. */
export function terminalPrompter(streams: {
  readonly input: Readable
  readonly output: Writable
  readonly signal: AbortSignal
}): Prompter {
  return {
    text: async (message, { otherwise = '', check } = {}) => {
      const validate = (answer: string | undefined): string | undefined => check?.((answer ?? '') || otherwise) ?? undefined
      const hint = otherwise === '' ? {} : { placeholder: otherwise, defaultValue: otherwise }
      return answered(await text({ message, validate, ...hint, ...streams })) ?? ''
    },
    secret: async (message) => answered(await password({ message, ...streams })) ?? '',
    yes: async (message, initialValue) => answered(await confirm({ message, initialValue, ...streams })),
  }
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (!isCancel(answer)) return answer as Exclude<T, symbol>
  throw new WindrowError('WR_SETUP_ENDED', {
    message: 'Setup was ended before its last question; nothing was written.',
    remedy: 'Run `windrow setup` again when you like.',
  })
}
