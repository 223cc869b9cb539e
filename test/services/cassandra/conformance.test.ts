import { afterAll, beforeAll } from 'vitest'
import { sinkConformance } from '../../conformance/sink-conformance.ts'
import { type TestCassandra, TestKeyspaces, testCassandra } from './cassandra-fixture.ts'

let cassandra: TestCassandra
let keyspaces: TestKeyspaces

beforeAll(async () => {
  cassandra = await testCassandra()
  keyspaces = new TestKeyspaces(cassandra.contactPoint)
})

afterAll(async () => {
  await keyspaces?.dropAll()
  await cassandra?.stop()
})

sinkConformance({
  name: 'cassandra',
  fences: true,
  fixture: async () => keyspaces.fixture(),
})
