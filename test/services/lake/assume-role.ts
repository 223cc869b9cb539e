import { createHash, createHmac } from 'node:crypto'
import type { Minio } from '../../../scripts/services/service.js'

/** Keys that pass for an hour. */
export interface PassingKeys {
  readonly AWS_ACCESS_KEY_ID: string
  readonly AWS_SECRET_ACCESS_KEY: string
  readonly AWS_SESSION_TOKEN: string
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** Keys of the server's own STS, which allow what the policy allows and no more. */
export async function assumeRole({ url, accessKeyId, secretAccessKey }: Minio, policy: object): Promise<PassingKeys> {
  const body = new URLSearchParams({ Action: 'AssumeRole', Version: '2011-06-15', Policy: JSON.stringify(policy) }).toString()
  const at = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${at.slice(0, 8)}/us-east-1/sts/aws4_request`
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    host: new URL(url).host,
    'x-amz-content-sha256': sha256(body),
    'x-amz-date': at,
  }
  const names = Object.keys(headers).join(';')
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`)
  const request = ['POST', '/', '', ...lines, '', names, headers['x-amz-content-sha256']].join('\n')
  const key = scope.split('/').reduce<string | Buffer>((each, part) => hmac(each, part), `AWS4${secretAccessKey}`)
  const signature = hmac(key as Buffer, ['AWS4-HMAC-SHA256', at, scope, sha256(request)].join('\n')).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  const answer = await (await fetch(url, { method: 'POST', body, headers: { ...headers, authorization } })).text()
  const of = (name: string): string => {
    const found = new RegExp(`<${name}>([^<]+)`).exec(answer)?.[1]
    if (found === undefined) throw new Error(`no keys were given: ${answer}`)
    return found
  }
  return {
    AWS_ACCESS_KEY_ID: of('AccessKeyId'),
    AWS_SECRET_ACCESS_KEY: of('SecretAccessKey'),
    AWS_SESSION_TOKEN: of('SessionToken'),
  }
}
