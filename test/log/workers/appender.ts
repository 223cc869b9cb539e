import { RecordBlockBuilder } from '../../../src/core/record-block.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import { say } from '../../support/child-side.ts'

/**
 * Appends records `<name>:<i>` to partition 0 of the topic, `most` of them (0: for ever) in blocks of `each`, with `parallel`
 * appends under way, and says each that was acknowledged.
 */
const [directory, topicName, name, most, recordsEach, parallel] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
]
const log = await openEmbeddedLog({ directory })
const topic = await log.ensureTopic({ name: topicName, partitions: 1, cleanup: 'keep' })
const each = Number(recordsEach)
const builder = new RecordBlockBuilder()
let next = 0
say('ready')
const work = async (): Promise<void> => {
  while (most === '0' || next < Number(most)) {
    const first = next
    next += each
    for (let j = 0; j < each; j++) builder.add(`${name}:${first + j}`, new Uint8Array(20))
    const [base] = await log.append([{ topic, partition: 0, block: builder.build() }])
    say('acknowledged', { first, count: each, base })
  }
}
await Promise.all(Array.from({ length: Number(parallel) }, work))
await log.close()
say('done')
