import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** PEM files of an authority and of what it signed. */
export interface Certificates {
  readonly ca: string
  /** Certificate and key in one file, as a broker takes them. */
  readonly broker: string
  /** Of a broker that goes by another name. */
  readonly stranger: string
  readonly client: { readonly certificate: string; readonly key: string; readonly keyPassword: string }
  /** Signed nothing. */
  readonly otherCa: string
}

/** Makes all of them in the folder, by openssl. They are good for two days. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const openssl = (...args: readonly string[]) => execute('openssl', args, { cwd: folder })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const authority = async (name: string): Promise<void> => {
    await openssl(
      'req',
      '-x509',
      ...newKey,
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
    )
  }
  const signed = async (name: string, extensions: string, keyOptions: readonly string[]): Promise<void> => {
    await openssl('req', ...newKey, ...keyOptions, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
    await writeFile(join(folder, `${name}.ext`), extensions)
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`]
    await openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.pem`)
  }
  const together = async (name: string): Promise<string> => {
    const { stdout } = await execute('cat', [`${name}.key`, `${name}.pem`], { cwd: folder })
    const path = join(folder, `${name}-both.pem`)
    await writeFile(path, stdout)
    return path
  }
  await authority('ca')
  await authority('other-ca')
  await signed('broker', 'subjectAltName=IP:127.0.0.1,DNS:localhost', ['-nodes'])
  await signed('stranger', 'subjectAltName=DNS:elsewhere.example', ['-nodes'])
  const keyPassword = 'opens-the-key'
  await signed('client', 'extendedKeyUsage=clientAuth', ['-passout', `pass:${keyPassword}`])
  return {
    ca: join(folder, 'ca.pem'),
    broker: await together('broker'),
    stranger: await together('stranger'),
    client: { certificate: join(folder, 'client.pem'), key: join(folder, 'client.key'), keyPassword },
    otherCa: join(folder, 'other-ca.pem'),
  }
}
