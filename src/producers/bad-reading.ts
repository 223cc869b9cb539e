import type { ReadingFaultCode } from '../events/reading-fault.ts'

/** Thrown by a mapping where what upstream said is no reading; the source turns it into a bad input and reads on. */
export class BadReading extends Error {
  readonly code: ReadingFaultCode

  constructor(code: ReadingFaultCode, message: string) {
    super(message)
    this.name = 'BadReading'
    this.code = code
  }
}
