import { Ajv, type ErrorObject } from 'ajv'
import { WindrowError } from '../../core/errors.ts'

const ajv = new Ajv()

/**
 * Makes a check that an answer has the frame that its API promises; what is inside (single values, that may be wrong one by one) is for
 * the mapping. The check throws WR_UPSTREAM_ANSWER, with the place in the document.
 */
export function answerChecker<Answer>(api: string, schema: object): (answer: unknown) => Answer {
  const validate = ajv.compile<Answer>(schema)
  return (answer) => {
    if (validate(answer)) return answer
    throw wrongAnswer(api, problemOf(validate.errors?.[0]))
  }
}

/** That an answer is none of the API's. `problem` completes the sentence "it ..." and holds no secret. */
export function wrongAnswer(api: string, problem: string): WindrowError {
  return new WindrowError('WR_UPSTREAM_ANSWER', {
    message: `The answer of ${api} is not as its API promises: it ${problem}.`,
    remedy:
      'Check that the address is that of the API itself, and not of a proxy or a page to log in; where it is, the API has changed, and a newer windrow may know it.',
    facts: { api, problem },
  })
}

function problemOf(error: ErrorObject | undefined): string {
  if (error === undefined) return 'is something else'
  const place = error.instancePath === '' ? 'at its top' : `at ${error.instancePath}`
  return `${error.message ?? 'is something else'} ${place}`
}
