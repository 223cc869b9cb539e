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
  const asked = askUntilEnd(streams)
  return {
    text: async (message, { otherwise = '', check } = {}) => {
      const validate = (answer: string | undefined): string | undefined => check?.((answer ?? '') || otherwise) ?? undefined
      const hint = otherwise === '' ? {} : { placeholder: otherwise, defaultValue: otherwise }
      return answered(await asked((open) => text({ message, validate, ...hint, ...open }))) ?? ''
    },
    secret: async (message) => answered(await asked((open) => password({ message, ...open }))) ?? '',
    yes: async (message, initialValue) => answered(await asked((open) => confirm({ message, initialValue, ...open }))),
  }
}

/** A question that nobody can answer any more, after Ctrl-D or at the end of the input, would never end by itself: it is cancelled. */
function askUntilEnd<S extends { readonly input: Readable; readonly signal: AbortSignal }>(
  streams: S,
): <T>(question: (open: S) => Promise<T>) => Promise<T> {
  const { input } = streams
  return async (question) => {
    const ended = new AbortController()
    const end = (): void => ended.abort()
    const onKey = (_text: unknown, key: { readonly name?: string; readonly ctrl?: boolean } | undefined): void => {
      if (key?.ctrl === true && key.name === 'd') end()
    }
    if (input.readableEnded || input.destroyed) end()
    input.once('end', end).once('close', end).on('keypress', onKey)
    try {
      return await question({ ...streams, signal: AbortSignal.any([streams.signal, ended.signal]) })
    } finally {
      input.off('end', end).off('close', end).off('keypress', onKey)
    }
  }
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (!isCancel(answer)) return answer as Exclude<T, symbol>
  throw new WindrowError('WR_SETUP_ENDED', {
    message: 'Setup was ended before its last question; nothing was written.',
    remedy: 'Run `windrow setup` again when you like.',
  })
}
