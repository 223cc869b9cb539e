import { WindrowError } from '../core/errors.ts'

/** The topic that `views.current` names is not there. */
export function viewTopicLost(view: string, topic: string): WindrowError {
  return new WindrowError('WR_VIEW_TOPIC_LOST', {
    message: `The topic ${topic} with the rows of the view ${view} is gone, or is another one of the same name.`,
    remedy: `Run \`windrow replay ${view}\`: it is built anew from the log.`,
    facts: { view, topic },
    canRetry: true,
  })
}
