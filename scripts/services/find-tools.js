// @ts-check
// What of a machine's tools can run the services: a Docker engine with compose, or Java and Maven.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const oldestJava = 17

/**
 * What a command prints, or null where it is missing, fails or does not answer.
 * @param {string} command
 * @param {readonly string[]} args
 */
export function answerOf(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000 })
  return status === 0 ? `${stdout}${stderr}`.trim() : null
}

/** Whether `docker compose` is there and an engine answers it. */
export function hasDockerEngine() {
  return answerOf('docker', ['compose', 'version']) !== null && answerOf('docker', ['info', '--format', '{{.ID}}']) !== null
}

/** The path of a Java that is new enough, or null. */
export function findJava() {
  const home = process.env.JAVA_HOME
  const command = home !== undefined && existsSync(join(home, 'bin', 'java')) ? join(home, 'bin', 'java') : 'java'
  const version = /version "(\d+)/.exec(answerOf(command, ['-version']) ?? '')
  return version !== null && Number(version[1]) >= oldestJava ? command : null
}

export const hasMaven = () => answerOf('mvn', ['--version']) !== null

export const hasKcat = () => answerOf('kcat', ['-V']) !== null

/** The version of a Python 3 that can make environments of its own, or null. */
export function findPython() {
  const script = 'import sys, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3])'
  return answerOf('python3', ['-c', script])
}

/** The folder of the newest PostgreSQL's programs, or null. */
export function findPostgres() {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env.PATH ?? '').split(delimiter)]
  return folders.find((folder) => ['initdb', 'postgres'].every((program) => existsSync(join(folder, program)))) ?? null
}

export const hasGo = () => answerOf('go', ['version']) !== null

/** Whether Go and Rust are here. */
export const hasGoAndCargo = () => hasGo() && answerOf('cargo', ['--version']) !== null

/** Whether C can be compiled, and messages of Protocol Buffers. */
export const hasClangAndProtoc = () => answerOf('clang', ['--version']) !== null && answerOf('protoc', ['--version']) !== null

/** The path of PgBouncer, which Debian keeps out of the PATH of users, or null. */
export function findPgbouncer() {
  return ['pgbouncer', '/usr/sbin/pgbouncer'].find((command) => answerOf(command, ['--version']) !== null) ?? null
}

export const hasOpenssl = () => answerOf('openssl', ['version']) !== null

/** Whether this user may install Debian's packages. */
export const mayInstallPackages = () => process.getuid?.() === 0 && answerOf('apt-get', ['--version']) !== null
