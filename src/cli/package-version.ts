import { readFileSync } from 'node:fs'

let version: string | null = null

/** The version of the package. */
export function packageVersion(): string {
  version ??= (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string })
    .version
  return version
}
