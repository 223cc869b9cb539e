import type { Upstream, UpstreamRequest } from '../../../src/producers/http/upstream.ts'

export interface Asked {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
}

export interface HandMadeUpstream extends Upstream {
  readonly asked: Asked[]
}

/** An upstream without HTTP: answers what `answer` gives (bytes and texts as they are, else as JSON), or throws the error that it gives. */
export function handMadeUpstream(answer: (asked: Asked) => unknown): HandMadeUpstream {
  const asked: Asked[] = []
  return {
    asked,
    ask: async ({ path, query = {} }: UpstreamRequest) => {
      const question = { path, query: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])) }
      asked.push(question)
      const given = answer(question)
      if (given instanceof Error) throw given
      const isBytes = given instanceof Uint8Array
      const body = isBytes ? given : new TextEncoder().encode(typeof given === 'string' ? given : JSON.stringify(given))
      return { body, date: null, json: () => JSON.parse(Buffer.from(body).toString('utf8')) as unknown }
    },
  }
}
