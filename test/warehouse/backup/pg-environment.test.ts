import { expect, test } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { connectionEnvironment } from '../../../src/warehouse/backup/pg-environment.ts'

const of = (url: string, environment: Record<string, string> = {}, major = 17) =>
  connectionEnvironment({ url: new Secret(url), major, environment })

test('an address becomes variables, each part as it was meant', () => {
  expect(of(`postgres://user%40x:p%2Fw%22%20'@[::1]:6543/my%20db?connect_timeout=3`)).toMatchObject({
    PGHOST: '::1',
    PGPORT: '6543',
    PGUSER: 'user@x',
    PGPASSWORD: `p/w" '`,
    PGDATABASE: 'my db',
    PGCONNECT_TIMEOUT: '3',
  })
  expect(of('postgres:///weather?host=/run/postgresql')).toMatchObject({ PGHOST: '/run/postgresql', PGDATABASE: 'weather' })
})

test('nothing else of our surroundings is passed on, and nothing that would lead elsewhere', () => {
  const given = {
    PATH: '/bin',
    OPENWEATHER_API_KEY: 'k',
    PGSERVICE: 'x',
    PGOPTIONS: '-c role=x',
    PGPASSFILE: '/p',
    POSTGRES_URL: 'x',
  }
  const found = of('postgres://u@h/d', given)
  expect(Object.keys(found).sort()).toEqual(
    ['LC_ALL', 'PATH', 'PGAPPNAME', 'PGCLIENTENCODING', 'PGDATABASE', 'PGHOST', 'PGPASSFILE', 'PGUSER'].sort(),
  )
})

test('TLS is as strict as that of windrow itself', () => {
  expect(of('postgres://u@h/d?sslmode=require')).toMatchObject({ PGSSLMODE: 'verify-full', PGSSLROOTCERT: 'system' })
  expect(of('postgres://u@h/d?sslmode=verify-full&sslrootcert=/ca.pem')).toMatchObject({ PGSSLROOTCERT: '/ca.pem' })
  expect(of('postgres://u@h/d?sslmode=no-verify')).toMatchObject({ PGSSLMODE: 'require' })
  expect(of('postgres://u@h/d?sslmode=verify-full', {}, 15).PGSSLROOTCERT).not.toBe('system')
})
