/** Where a command writes: the stream's own pace is kept, and a reader who has gone away is no error. */
export interface Output {
  /** Resolves when the stream took the text; at once when nobody reads any longer. */
  write(text: string): Promise<void>
  /** True once the reader has gone away (`windrow tail … | head`). */
  readonly closed: boolean
  /** Columns of the terminal, null where it is none. */
  readonly columns: number | null
  readonly colours: boolean
}

/** Colours are for people: on a terminal, unless `NO_COLOR` is set or the terminal has none; `FORCE_COLOR` wins over both. */
function wantsColours(stream: NodeJS.WriteStream, environment: Readonly<Record<string, string | undefined>>): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = environment
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0'
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  return stream.isTTY === true && TERM !== 'dumb'
}

/** `onClosed` is called when the reader goes away. Any other failure of the stream rejects the write that met it. */
export function streamOutput(
  stream: NodeJS.WriteStream,
  environment: Readonly<Record<string, string | undefined>>,
  onClosed: () => void = () => {},
): Output {
  let closed = false
  const noteClosed = (error: NodeJS.ErrnoException): boolean => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') return false
    if (!closed) {
      closed = true
      onClosed()
    }
    return true
  }
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!noteClosed(error)) throw error
  })
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        if (closed || text === '') {
          resolve()
          return
        }
        stream.write(text, (error) => {
          if (error && !noteClosed(error)) reject(error)
          else resolve()
        })
      }),
    get closed() {
      return closed
    },
    get columns() {
      return stream.isTTY === true ? stream.columns : null
    },
    colours: wantsColours(stream, environment),
  }
}
