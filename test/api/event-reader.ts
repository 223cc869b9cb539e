export interface ReadEvent {
  readonly event: string
  readonly id: string | null
  readonly data: unknown
}

export interface EventReader {
  /** The next event that is no heartbeat; null when the stream has ended. */
  next(): Promise<ReadEvent | null>
  /** The next event of any kind. */
  nextOfAnyKind(): Promise<ReadEvent | null>
  close(): void
}

function parseEvent(block: string): ReadEvent | null {
  const field = (name: string): string | null =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? null
  const event = field('event')
  return event === null ? null : { event, id: field('id'), data: JSON.parse(field('data') ?? 'null') }
}

/** Follows server-sent events as a browser does, without reconnecting. Resolves when the server has begun to answer. */
export async function readEvents(url: string, lastEventId: string | null = null): Promise<EventReader> {
  const controller = new AbortController()
  const headers = lastEventId === null ? {} : { 'last-event-id': lastEventId }
  const response = await fetch(url, { signal: controller.signal, headers })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let buffer = ''
  const nextOfAnyKind = async (): Promise<ReadEvent | null> => {
    for (;;) {
      const end = buffer.indexOf('\n\n')
      if (end >= 0) {
        const event = parseEvent(buffer.slice(0, end))
        buffer = buffer.slice(end + 2)
        if (event !== null) return event
        continue
      }
      const { done, value } = await reader.read()
      if (done) return null
      buffer += value
    }
  }
  return {
    nextOfAnyKind,
    next: async () => {
      let event = await nextOfAnyKind()
      while (event?.event === 'heartbeat') event = await nextOfAnyKind()
      return event
    },
    close: () => controller.abort(),
  }
}
