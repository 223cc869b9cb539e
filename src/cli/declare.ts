import { type Command, InvalidArgumentError } from 'commander'
import type { ExitCode } from './context.ts'

/**
 * Declares a command: its name with its arguments, what it does, examples (without `windrow`), its options, and what runs
 * with the given arguments and options.
 */
export type Declare = (
  name: string,
  description: string,
  examples: readonly string[],
  configure: (command: Command) => void,
  run: (given: readonly unknown[], options: Record<string, unknown>) => Promise<ExitCode>,
) => void

/** An option's value as a whole number of at least `minimum`. */
export function wholeNumberFrom(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < minimum) {
      throw new InvalidArgumentError(`It must be a whole number of at least ${minimum}.`)
    }
    return value
  }
}

/** An option's value as a whole number between the bounds, both inclusive. */
export function wholeNumberWithin(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || !(value >= minimum && value <= maximum)) {
      throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`)
    }
    return value
  }
}

/** An option's value as a number between the bounds, both inclusive. */
export function numberWithin(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !(value >= minimum && value <= maximum)) {
      throw new InvalidArgumentError(`It must be a number from ${minimum} to ${maximum}.`)
    }
    return value
  }
}

/** An option's value as a list: separated by commas, given once or several times. */
export function listItem(text: string, before: readonly string[] = []): readonly string[] {
  return [
    ...before,
    ...text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  ]
}
