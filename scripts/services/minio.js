// @ts-check
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canBuildMinio, installMinio } from './build-minio.js'
import { freePorts } from './free-ports.js'
import { serverProcess } from './server-process.js'
import { startInFolder } from './start-in-folder.js'
import { answersHttp } from './until-ready.js'

/** Set where building it failed, for the processes that we start: none of them is to try it again. */
export const withoutMinio = 'SERVICES_WITHOUT_MINIO'

/** Whether it can be started here. It runs as a process also where the other servers are containers. */
export const hasMinio = () => process.env[withoutMinio] === undefined && canBuildMinio()

const accessKeyId = 'windrow'
const secretAccessKey = 'windrow-password'
const bucket = 'windrow'

/**
 * Starts MinIO, a server that is like Amazon S3, on a loopback port, with an empty bucket. What it acknowledged outlives a kill.
 * @returns {Promise<import('./service.js').Minio>}
 */
export async function startMinio() {
  const command = join(await installMinio(), 'minio')
  const folder = await mkdtemp(join(tmpdir(), 'windrow-minio-'))
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  // A folder beside its own files is a bucket.
  await mkdir(join(folder, 'data', bucket), { recursive: true })
  const server = serverProcess({
    name: 'minio',
    command,
    args: ['server', '--quiet', '--address', `127.0.0.1:${port}`, join(folder, 'data')],
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      MINIO_ROOT_USER: accessKeyId,
      MINIO_ROOT_PASSWORD: secretAccessKey,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
    },
    logFile: join(folder, 'minio.log'),
    scratch: folder,
    isReady: () => answersHttp(`${url}/minio/health/ready`),
  })
  const stop = await startInFolder(server, folder)
  return { url, bucket, accessKeyId, secretAccessKey, kill: server.kill, start: server.start, log: server.log, stop }
}
