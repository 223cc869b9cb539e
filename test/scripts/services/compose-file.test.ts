import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { kafkaProperties } from '../../../scripts/services/kafka-properties.js'

const composeFile = readFileSync(new URL('../../../docker-compose.yml', import.meta.url), 'utf8')

const own = kafkaProperties({
  id: 1,
  nodes: 1,
  home: '/data',
  port: 1,
  insidePort: 2,
  controllerPort: 3,
  users: {},
  listeners: {},
  settings: {},
})
/** What concerns the broker's own behaviour, not its addresses and folders. */
const behaviour = own
  .split('\n')
  .map((line) => line.split('='))
  .filter(([name = '']) => /^(auto|group|offsets|transaction|share|broker|log\.(retention|message))\./.test(name))

test('a broker in a container is set as one that runs as a process', () => {
  expect(behaviour.length).toBeGreaterThan(10)
  const expected = behaviour.map(([name = '', value = '']) => `KAFKA_${name.replaceAll('.', '_').toUpperCase()}: "${value}"`)
  expect(expected.filter((line) => !composeFile.includes(`      ${line}\n`))).toEqual([])
})
