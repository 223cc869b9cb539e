// @ts-check
// The service `init`: makes the secrets that are missing, once, and gives every service its own.
//   docker compose run --rm init show                   the names of all secrets
//   docker compose run --rm init show grafana-admin     one of them
//   docker compose run --rm init rotate grafana-admin   makes it anew; docs/deployment.md says what else that takes
import { allSecrets, handOut, makeSecret, readSecret } from './secret-files.js'

const [command, ...names] = process.argv.slice(2)
const say = (/** @type {string} */ text) => process.stdout.write(`${text}\n`)

const unknown = names.find((name) => !allSecrets().includes(name))
if (unknown !== undefined) refuse(`There is no secret ${JSON.stringify(unknown)}. There are: ${allSecrets().join(', ')}`)

switch (command) {
  case undefined:
    make(allSecrets().filter((name) => readSecret(name) === null))
    break
  case 'rotate':
    if (names.length === 0) refuse('Name the secrets that shall be made anew.')
    make(names)
    break
  case 'show':
    for (const name of names) say(readSecret(name) ?? refuse(`${name} is not made yet: docker compose up -d`))
    if (names.length === 0) say(allSecrets().join('\n'))
    break
  default:
    refuse('What is asked for is none of: show [NAME…], rotate NAME…')
}

/** @param {readonly string[]} missing */
function make(missing) {
  for (const name of missing) makeSecret(name)
  const written = handOut()
  say(`${missing.length} secrets were made, and ${written.length} files written for those who need them.`)
}

/** @param {string} why @returns {never} */
function refuse(why) {
  process.stderr.write(`${why}\n`)
  process.exit(2)
}
