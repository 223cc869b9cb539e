import type { SetupOutcome } from '../../warehouse/access/run-setup.ts'
import type { Output } from '../output.ts'
import { styleOf } from '../style.ts'

export interface SetupPlace {
  readonly where: string
  /** Of the passwords, as the user named it. */
  readonly folder: string | null
  readonly isEmbedded: boolean
}

/** Statements for the embedded Postgres: clients share its session, which forgets a role at the end of a transaction. */
export const AS_A_READER = '`BEGIN; SET LOCAL ROLE windrow_reader` by psql at WINDROW_PG_PORT'

/** What was changed, and what somebody should know. */
export function setupText(outcome: SetupOutcome, place: SetupPlace, stdout: Pick<Output, 'colours'>): string {
  const style = styleOf(stdout)
  const { changed, passwords } = outcome
  const isSame = changed.length === 0 && passwords.every(({ outcome: each }) => each === 'kept')
  const lines = [
    isSame
      ? `${style.good('Nothing to change:')} access in ${place.where} is as it should be.`
      : `${style.good('Access is set up')} in ${place.where}, as ${outcome.role}. What was not so before:`,
    ...changed.map((what) => `  ${what}`),
    ...passwords.map((each) => passwordLine(each, place.folder)),
    ...notes(outcome, place).map((note) => `${style.warn('note:')} ${note}`),
  ]
  return `${lines.join('\n')}\n`
}

function passwordLine({ user, outcome, isNew }: SetupOutcome['passwords'][number], folder: string | null): string {
  const file = `${folder}/${user}`
  if (outcome === 'kept') return `  the password of ${user} is that in ${file}, as before`
  return `  the password of ${user}: ${isNew ? `a new one, in ${file}` : `that in ${file}`}`
}

function notes(outcome: SetupOutcome, { isEmbedded }: SetupPlace): string[] {
  const { missing, lockedOut, ownsDatabase, passwords, withoutPassword, isSuperuser } = outcome
  const grant = lockedOut.map((role) => `"${role.replaceAll('"', '""')}"`).join(', ')
  return [
    ...(missing.length === 0
      ? []
      : [
          `no table yet of ${missing.join(', ')}: run this again when the pipeline has made ${missing.length === 1 ? 'it' : 'them'}.`,
        ]),
    ...(lockedOut.length === 0
      ? []
      : [
          `can no longer connect to this database: ${lockedOut.join(', ')}. Whoever should: GRANT CONNECT ON DATABASE … TO ${grant}.`,
        ]),
    ...(ownsDatabase
      ? []
      : [`${outcome.role} does not own the database: everybody connects to it and makes temporary tables as before.`]),
    ...(isSuperuser || passwords.length === 0
      ? []
      : ['passwords were set again: only a superuser sees whether they were the same.']),
    ...(isEmbedded
      ? [`the embedded Postgres has no logins; ${AS_A_READER} shows what a reader sees.`]
      : withoutPassword.length === 0
        ? []
        : [
            `without a password nobody logs in as ${withoutPassword.join(', ')}: --passwords FOLDER, or windrow access password USER.`,
          ]),
  ]
}
