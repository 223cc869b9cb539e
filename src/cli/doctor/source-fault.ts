import { isWindrowError, type WindrowError } from '../../core/errors.ts'
import type { ConfiguredStation } from '../stations/configured-stations.ts'
import { variablesOf } from '../stations/source-access.ts'
import { type Finding, failure, problem, warning } from './finding.ts'

const NAME_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NONAME', 'EAI_NODATA'])
const CLOCK_CODES = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])
const TLS_CODE = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO)/

/** What keeps a source from answering, in words. */
export function sourceFault(configured: ConfiguredStation, error: unknown): Finding {
  const about = configured.kind.name
  if (!isWindrowError(error)) return failure(about, error)
  switch (error.code) {
    case 'WR_UPSTREAM_REFUSED':
      return refused(configured, error)
    case 'WR_UPSTREAM_UNREACHABLE':
      return unreachable(configured, error)
    case 'WR_UPSTREAM_BUSY':
      if (error.facts.status === 429) return warning(about, `has had more calls than it allows: ${error.message}`, error.remedy)
      return warning(about, `has trouble of its own: ${error.message}`, error.remedy)
    default:
      return failure(about, error)
  }
}

function refused({ kind }: ConfiguredStation, error: WindrowError): Finding {
  const variables = variablesOf(kind.name)
  if (variables.length === 0) return failure(kind.name, error)
  const what = kind.needs === 'client' ? 'the client id and secret are' : 'the key is'
  const text = `${what} refused (${error.facts.status ?? 'no status'})`
  const right = `Look whether ${variables.join(' and ')} ${variables.length === 1 ? 'is' : 'are'} whole and right, and whether the account may ask this API.`
  if (kind.name !== 'openweathermap') return problem(kind.name, text, right)
  return problem(
    kind.name,
    `${text}, or not active yet`,
    `Wait if it is new: OpenWeatherMap takes up to two hours to activate a key. Otherwise look whether ${variables[0]} is whole and right.`,
  )
}

function unreachable(configured: ConfiguredStation, error: WindrowError): Finding {
  const about = configured.kind.name
  const host = hostOf(configured)
  const codes = codesOf(error)
  const code = (test: (code: string) => boolean): string | undefined => codes.find(test)
  const name = code((one) => NAME_CODES.has(one))
  if (name !== undefined) {
    const remedy = 'Look at the network and its DNS, and at HTTPS_PROXY if there is a proxy between.'
    return problem(about, `cannot be reached: the name ${host} is not known here (${name})`, remedy)
  }
  const dated = code((one) => CLOCK_CODES.has(one))
  if (dated !== undefined) {
    const remedy = "Look at this machine's clock first; if it is right, the certificate of the service has run out."
    return problem(
      about,
      `cannot be reached: the certificate of ${host} is not valid at the time that the clock shows (${dated})`,
      remedy,
    )
  }
  const tls = code((one) => TLS_CODE.test(one))
  if (tls !== undefined) {
    const remedy =
      'If a proxy looks into what is encrypted, name the file of its authority in NODE_EXTRA_CA_CERTS; otherwise somebody else may answer for the service.'
    return problem(about, `cannot be reached: nobody it can trust vouches for ${host}, or TLS failed (${tls})`, remedy)
  }
  if (codes.includes('ECONNREFUSED')) {
    const remedy = `Look whether the address ${configured.baseUrl} is right, and at HTTPS_PROXY if there is a proxy between.`
    return problem(about, `cannot be reached: nothing listens at ${host}`, remedy)
  }
  return problem(about, `cannot be reached: ${error.message}`, error.remedy)
}

/** The codes of the error's causes, the nearest first. */
function codesOf(error: unknown): string[] {
  const codes: string[] = []
  const seen = new Set<unknown>()
  const look = (one: unknown): void => {
    if (typeof one !== 'object' || one === null || seen.has(one)) return
    seen.add(one)
    const { code, cause, errors } = one as { code?: unknown; cause?: unknown; errors?: unknown }
    if (typeof code === 'string') codes.push(code)
    look(cause)
    // Several addresses of one name were tried.
    if (Array.isArray(errors)) errors.forEach(look)
  }
  look(error)
  return codes
}

export function hostOf({ baseUrl }: Pick<ConfiguredStation, 'baseUrl'>): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).host : baseUrl
}
