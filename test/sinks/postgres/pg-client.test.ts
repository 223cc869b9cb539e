import { describe, expect, onTestFinished, test } from 'vitest'
import { openPgClient } from '../../../src/sinks/postgres/pg-client.ts'
import { pgUrl, withoutSecrets } from '../../../src/sinks/postgres/pg-url.ts'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { everyType } from '../../views/sample-views.ts'
import { silentLogger } from '../silent-logger.ts'
import { fakeServer } from './fake-server.ts'

function clientOf(url: string): SqlClient {
  const client = openPgClient({ url, logger: silentLogger, connectTimeoutMs: 2_000 })
  onTestFinished(() => client.close())
  return client
}

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )

test('a server that nobody runs is away, and no error shows the password', async () => {
  const error = await errorOf(clientOf('postgres://u:hunter2@127.0.0.1:1/db').query('SELECT 1'))
  expect(error).toMatchObject({ code: 'WR_SQL_AWAY', canRetry: true })
  expect(JSON.stringify(error) + String(error)).not.toContain('hunter2')
})

test.each([
  [140_019, '14'],
  [90_624, '9.6'],
  [80_419, '8.4'],
])('a server of version %i is refused with what is needed, before anything is made in it', async (version, name) => {
  const { url } = await fakeServer({ value: version })
  await expect(postgresSink({ client: clientOf(url) }).open([everyType])).rejects.toMatchObject({
    code: 'WR_SQL_VERSION',
    canRetry: false,
    kind: 'usage',
    message: expect.stringContaining(`is version ${name}, and windrow needs 15 or newer`),
  })
})

test.each([
  ['28P01', 'password authentication failed for user "windrow"', 'WR_SQL_LOGIN', false],
  [
    '28000',
    'no pg_hba.conf entry for host "127.0.0.1", user "windrow", database "windrow", SSL encryption',
    'WR_SQL_LOGIN',
    false,
  ],
  ['28000', 'no pg_hba.conf entry for host "127.0.0.1", user "windrow", database "windrow", no encryption', 'WR_SQL_TLS', false],
  ['42501', 'permission denied for database "windrow"', 'WR_SQL_LOGIN', false],
  ['3D000', 'database "windrow" does not exist', 'WR_SQL_DATABASE', false],
  ['57P03', 'the database system is starting up', 'WR_SQL_AWAY', true],
  ['53300', 'sorry, too many clients already', 'WR_SQL_AWAY', true],
])('a server that lets nobody in (%s, %s) gives %s', async (state, text, code, canRetry) => {
  const { url } = await fakeServer({ refuse: () => [state, text], value: 0 })
  const error = await errorOf(clientOf(url).query('SELECT 1'))
  expect(error).toMatchObject({ code, canRetry, message: expect.stringContaining(text) })
})

test.each(['require', 'verify-full', 'no-verify'])(
  'a server without TLS is told from one that is away (sslmode=%s)',
  async (mode) => {
    const { url } = await fakeServer({ value: 1 })
    expect(await errorOf(clientOf(`${url}?sslmode=${mode}`).query('SELECT 1'))).toMatchObject({
      code: 'WR_SQL_TLS',
      canRetry: false,
    })
  },
)

test('a file of an authority that is not there is told, not thrown from elsewhere', async () => {
  const { url } = await fakeServer({ value: 1 })
  const error = await errorOf(clientOf(`${url}?sslmode=verify-full&sslrootcert=/nowhere/ca.pem`).query('SELECT 1'))
  expect(error).toMatchObject({ code: 'WR_SQL_TLS', message: expect.stringContaining('/nowhere/ca.pem') })
})

test.each([
  ['25006', 2],
  ['42P01', 1],
])('after %s from a statement the next one goes over connection %i', async (state, connections) => {
  let refusals = 2
  const { url, starts } = await fakeServer({
    refuseStatement: () => (refusals-- > 0 ? [state, 'cannot execute it'] : null),
    value: 7,
  })
  const client = clientOf(url)
  expect(await errorOf(client.query('SELECT 1'))).toMatchObject({ code: 'WR_SQL', facts: { sqlState: state } })
  expect(await errorOf(client.transaction((session) => session.query('SELECT 1')))).toMatchObject({ facts: { sqlState: state } })
  expect(starts).toHaveLength(connections)
  expect((await client.query('SELECT 1')).rows).toEqual([[7]])
  expect(starts).toHaveLength(connections === 1 ? 1 : 3)
})

test('a transaction that was only to read keeps its connection when it is told so', async () => {
  let asked = 0
  // BEGIN READ ONLY, limits if any, and then the statement.
  const { url, starts } = await fakeServer({
    refuseStatement: () => (asked++ === 1 ? ['25006', 'cannot execute INSERT in a read-only transaction'] : null),
    value: 7,
  })
  const client = clientOf(url)
  const writes = client.transaction((session) => session.query('INSERT INTO t VALUES (1)'), { readOnly: true })
  expect(await errorOf(writes)).toMatchObject({ facts: { sqlState: '25006' } })
  expect((await client.query('SELECT 1')).rows).toEqual([[7]])
  expect(starts).toHaveLength(1)
})

test('a pooler that takes no settings of a session is asked without them', async () => {
  const known = ['user', 'database', 'application_name', 'client_encoding']
  const { url, starts } = await fakeServer({
    refuse: (parameters) => {
      const unknown = [...parameters.keys()].find((name) => !known.includes(name))
      return unknown === undefined ? null : ['08P01', `unsupported startup parameter: ${unknown}`]
    },
    value: 7,
  })
  const client = clientOf(url)
  const answers = await Promise.all([1, 2, 3].map(() => client.query('SELECT 7')))
  expect(answers.map(({ rows }) => rows)).toEqual([[[7]], [[7]], [[7]]])
  expect(starts.every((parameters) => parameters.get('application_name') === 'windrow')).toBe(true)
})

describe('the URL of a server', () => {
  test.each([
    ['postgres://h/d', 'postgres://h/d'],
    ['postgres://h/d?sslmode=require', 'postgres://h/d?sslmode=verify-full'],
    ['postgres://h/d?a=b&sslmode=prefer&c=d', 'postgres://h/d?a=b&sslmode=verify-full&c=d'],
    ['postgres://h/d?sslmode=no-verify', 'postgres://h/d?sslmode=no-verify'],
    ['postgres://h/d?sslmode=require&uselibpqcompat=true', 'postgres://h/d?sslmode=require&uselibpqcompat=true'],
  ])('%s goes to the driver as %s', (given, expected) => {
    expect(pgUrl(given)).toBe(expected)
  })

  test('is shown without user, password and parameters', () => {
    expect(withoutSecrets('postgres://u:p@h:5432/d?sslpassword=x')).toBe('h:5432/d')
    expect(withoutSecrets('postgres:///d')).toBe('local/d')
  })
})
