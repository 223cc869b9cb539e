import { pino } from 'pino'
import type { Config } from '../config/load-config.ts'
import { isWindrowError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Output } from './output.ts'
import { type Style, styleOf } from './style.ts'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
type Level = 'debug' | 'info' | 'warn' | 'error'

/** Structured JSON lines for programs, short lines for a person at a terminal; no line holds a configured secret. */
export function createLogger(config: Pick<Config, 'logLevel' | 'redact'>, output: Output): Logger {
  return output.columns === null ? jsonLogger(config, output) : lineLogger(config, output)
}

/** A line that cannot be written has nowhere to be told; what it was about goes on. */
function send(output: Output, line: string): void {
  output.write(line).catch(() => {})
}

function jsonLogger({ logLevel, redact }: Pick<Config, 'logLevel' | 'redact'>, output: Output): Logger {
  const stream = {
    write: (line: string) => {
      send(output, redact(line))
    },
  }
  return pino(
    {
      level: logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: {
        err: (error: unknown) => (logLevel === 'debug' ? pino.stdSerializers.err(error as Error) : plainError(error)),
      },
    },
    stream,
  )
}

/** An error that was foreseen says what to do; of any other, where it arose is what helps. */
function plainError(error: unknown): unknown {
  if (isWindrowError(error)) return { code: error.code, message: error.message, remedy: error.remedy }
  return error instanceof Error ? pino.stdSerializers.err(error) : error
}

function lineLogger({ logLevel, redact }: Pick<Config, 'logLevel' | 'redact'>, output: Output): Logger {
  const style = styleOf(output)
  const write =
    (level: Level) =>
    (facts: object, message: string): void => {
      if (levels.indexOf(level) < levels.indexOf(logLevel)) return
      send(output, redact(`${time(style)} ${label(style, level)} ${message}${factsText(style, facts)}\n`))
    }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

const time = (style: Style): string => style.faint(new Date().toISOString().slice(11, 19))

function label(style: Style, level: Level): string {
  if (level === 'error') return style.bad('error')
  if (level === 'warn') return style.warn('warn ')
  return style.faint(level.padEnd(5))
}

function factsText(style: Style, facts: object): string {
  const parts = Object.entries(facts)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${textOf(value)}`)
  return parts.length === 0 ? '' : ` ${style.faint(parts.join(' '))}`
}

function textOf(value: unknown): string {
  if (value instanceof Error) return messageOf(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
