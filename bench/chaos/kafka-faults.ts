import { setTimeout as sleep } from 'node:timers/promises'
import type { startKafka } from '../../scripts/services/kafka.js'
import type { Random } from '../../test/simulation/random.ts'
import { within } from './deadline.ts'
import { type Crowd, SESSION_TIMEOUT_MS } from './kafka-crowd.ts'
import type { WindrowProcess } from './windrow-process.ts'

export type Kafka = Awaited<ReturnType<typeof startKafka>>

const BROKER_STOP_MS = 60_000
const LONGEST_AWAY_MS = 1_500

export interface Victims {
  readonly kafka: Kafka
  readonly crowd: Crowd
  /** Those of this round. */
  readonly producers: readonly WindrowProcess[]
}

interface Fault {
  readonly name: string
  /** Does the harm and mends it; says what it did. A producer that was killed is left to its starter. */
  strike(victims: Victims, random: Random): Promise<string>
}

/** Kinds of faults, one a round, in this order. */
export const kafkaFaults: readonly Fault[] = [
  {
    name: 'runner killed',
    async strike({ crowd }, random) {
      const victim = random.pick(crowd.members)
      await victim.kill()
      await sleep(random.int(0, LONGEST_AWAY_MS))
      const forgetting = random.chance(1 / 3)
      await crowd.replace(victim, forgetting)
      return `${victim.name}${forgetting ? ', its folder lost' : ''}`
    },
  },
  {
    name: 'producer killed',
    async strike({ producers }, random) {
      const atWork = producers.filter(({ runs }) => runs)
      if (atWork.length === 0) return 'all had ended'
      const victim = random.pick(atWork)
      await victim.kill()
      return victim.name
    },
  },
  brokerEnded('broker stopped', 'SIGTERM'),
  {
    name: 'rebalance',
    async strike({ crowd }, random) {
      const { members } = crowd
      if (members.length === 1 || random.chance(1 / 2)) return `${crowd.addMember().name} joins`
      const victim = random.pick(members)
      await crowd.dismiss(victim)
      return `${victim.name} leaves`
    },
  },
  brokerEnded('broker killed', 'SIGKILL'),
  {
    name: 'zombie',
    async strike({ crowd, producers }, random) {
      const atWork = producers.filter(({ runs }) => runs)
      const victim = atWork.length > 0 && random.chance(1 / 3) ? random.pick(atWork) : random.pick(crowd.members)
      const ms = SESSION_TIMEOUT_MS + random.int(500, 2_500)
      victim.signal('SIGSTOP')
      await sleep(ms)
      victim.signal('SIGCONT')
      return `${victim.name} sleeps ${(ms / 1000).toFixed(1)} s`
    },
  },
]

function brokerEnded(name: string, signal: 'SIGTERM' | 'SIGKILL'): Fault {
  return {
    name,
    async strike({ kafka }, random) {
      const began = performance.now()
      await within(kafka.kill(signal), BROKER_STOP_MS, () => `the broker to end after ${signal}`)
      await sleep(random.int(0, LONGEST_AWAY_MS))
      await kafka.start()
      return `away for ${((performance.now() - began) / 1000).toFixed(1)} s`
    },
  }
}
