import { inject } from 'vitest'
import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import { logConformance } from '../../conformance/log-conformance.ts'
import { emptyKafka } from './empty-kafka.ts'

const { kafkaBrokers } = inject('services')
const brokers = kafkaBrokers.split(',')

logConformance(
  'kafka',
  async () => {
    await emptyKafka(brokers)
    return {
      open: () => openKafkaLog({ brokers, sessionTimeoutMs: 6_000 }),
      dispose: async () => undefined,
    }
  },
  { patienceMs: 60_000, compactsAtOnce: false, marksTransactions: true },
)
