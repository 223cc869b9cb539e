import { Ajv, type Schema } from 'ajv'
import { WindrowError } from '../../core/errors.ts'
import { beginningOf } from './asked.ts'
import type { UpstreamAnswer } from './upstream.ts'

const REMEDY =
  'Try again later: APIs answer with pages of errors now and then. Where it stays so, the API has changed: look for a newer version of windrow.'

/**
 * Reads answers of one form: gives the JSON of an answer, and throws WR_UPSTREAM_ANSWER with the place in the document where it is
 * not what `schema` says. `api` is what the message calls it. The schema is about the envelope; elements that are wrong are bad inputs.
 */
export function answerShape<T>(api: string, schema: Schema): (answer: UpstreamAnswer) => T {
  const validate = new Ajv().compile<T>(schema)
  return (answer) => {
    const value = answer.json()
    if (validate(value)) return value
    const [error] = validate.errors ?? []
    const place = error === undefined || error.instancePath === '' ? 'the document' : error.instancePath
    throw wrongAnswer(api, answer, place, error?.message ?? 'is not as expected')
  }
}

/** That an answer has another form than its API promises. `problem` continues a sentence that begins with the place. */
export function wrongAnswer(api: string, answer: UpstreamAnswer, place: string, problem: string): WindrowError {
  const redact = answer.redact ?? ((text: string) => text)
  return new WindrowError('WR_UPSTREAM_ANSWER', {
    message: redact(`${api} answered with JSON of another form: ${place} ${problem}.`),
    remedy: REMEDY,
    facts: { place, body: beginningOf(answer.body, redact) },
    canRetry: true,
  })
}
