// @ts-check

/** What the API answered instead, or that it did not answer. */
export class ApiError extends Error {
  /** @param {{ code: string, message: string, remedy: string }} body */
  constructor({ code, message, remedy }) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.remedy = remedy
  }
}

/**
 * @param {string} path
 * @param {RequestInit} options
 * @returns {Promise<Response>}
 */
async function request(path, options) {
  try {
    return await fetch(path, { ...options, headers: { accept: 'application/json', ...options.headers } })
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new ApiError({
      code: 'NO_ANSWER',
      message: 'windrow does not answer.',
      remedy: 'Start it again with `npm start`; this page connects by itself.',
    })
  }
}

/**
 * What was answered, or the error that the answer tells.
 * @param {Response} response
 * @param {AbortSignal | null} signal
 */
async function bodyOf(response, signal) {
  const body = await response.json().catch((error) => {
    if (signal?.aborted) throw error
    throw new ApiError({
      code: `HTTP_${response.status}`,
      message: 'The answer of windrow broke off.',
      remedy: 'Load the page again.',
    })
  })
  if (response.ok) return body
  throw new ApiError({
    code: body.code ?? `HTTP_${response.status}`,
    message: body.message ?? response.statusText,
    remedy: body.remedy ?? 'Load the page again.',
  })
}

/**
 * Rejects with an ApiError, or with an AbortError when the signal aborts.
 * @template T
 * @param {string} path
 * @param {AbortSignal | null} [signal]
 * @returns {Promise<T>}
 */
export async function getJson(path, signal = null) {
  return bodyOf(await request(path, { signal }), signal)
}

/**
 * Asks for a change, which needs the token. Rejects with an ApiError.
 * @template T
 * @param {string} path
 * @param {object} body
 * @param {string} token
 * @returns {Promise<T>}
 */
export async function postJson(path, body, token) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  return bodyOf(await request(path, { method: 'POST', headers, body: JSON.stringify(body) }), null)
}

/**
 * A query string without what is null or empty.
 * @param {Record<string, string | number | null | undefined>} parameters
 */
export function query(parameters) {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters))
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value))
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}

/**
 * One page of rows, as objects.
 * @param {string} view
 * @param {Record<string, string | number | null | undefined>} parameters
 * @param {AbortSignal | null} [signal]
 * @returns {Promise<{ rows: import('./types.js').Row[], next: string | null }>}
 */
export async function getRows(view, parameters, signal = null) {
  /** @type {{ columns: string[], rows: import('./types.js').Cell[][], next: string | null }} */
  const page = await getJson(`/api/views/${encodeURIComponent(view)}${query({ ...parameters, shape: 'arrays' })}`, signal)
  const rows = page.rows.map((cells) => {
    /** @type {import('./types.js').Row} */
    const row = {}
    for (let i = 0; i < page.columns.length; i++) row[/** @type {string} */ (page.columns[i])] = cells[i] ?? null
    return row
  })
  return { rows, next: page.next }
}
