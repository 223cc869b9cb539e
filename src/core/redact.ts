import type { Secret } from './secret.ts'

/** Shorter ones would hide ordinary words; a secret this short protects nothing. */
const SHORTEST_HIDDEN = 4
const PASSWORD_IN_URL = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s@]+@/gi

/** Gives a function that takes every one of the secrets, and any password inside a URL, out of a text. */
export function redactor(secrets: readonly Secret[]): (text: string) => string {
  const hidden = secrets
    .flatMap((secret) => formsOf(secret.reveal()))
    .filter((value, i, all) => value.length >= SHORTEST_HIDDEN && all.indexOf(value) === i)
    .sort((a, b) => b.length - a.length)
  return (text) => {
    let shown = text
    for (const value of hidden) shown = shown.replaceAll(value, '[secret]')
    return shown.replace(PASSWORD_IN_URL, '$1:[secret]@')
  }
}

/** As it stands, in a URL's path, in a query, and in JSON. */
function formsOf(value: string): readonly string[] {
  return [
    value,
    encodeURIComponent(value),
    new URLSearchParams({ s: value }).toString().slice(2),
    JSON.stringify(value).slice(1, -1),
  ]
}
