import { engineGroup } from '../runtime/engine-group.ts'
import { addLedgers, parseLedger } from '../runtime/ledger.ts'
import type { Session } from './session.ts'

/** How many readings the topologies have processed since the log began, by whichever process. */
export async function processedReadings({ log, catalogue }: Session): Promise<number> {
  let readings = 0
  for (const event of catalogue.events) {
    const topic = await log.findTopic(catalogue.topicOf(event))
    if (topic === null) continue
    // Offsets say less: on Kafka a transaction's mark takes one.
    const progress = await log.groupProgress(engineGroup(topic.name), topic)
    readings += addLedgers(progress.map(({ metadata }) => parseLedger(metadata))).accepted
  }
  return readings
}
