import type { Place } from './reading.ts'

/** Gives texts small whole numbers, in order of first appearance. */
export class Dictionary {
  private readonly ids = new Map<string, number>()
  private readonly texts: string[] = []

  get size(): number {
    return this.texts.length
  }

  idOf(text: string): number {
    let id = this.ids.get(text)
    if (id === undefined) {
      id = this.texts.length
      this.texts.push(text)
      this.ids.set(text, id)
    }
    return id
  }

  /** The id if the text is known, else -1. */
  find(text: string): number {
    return this.ids.get(text) ?? -1
  }

  textOf(id: number): string {
    const text = this.texts[id]
    if (text === undefined) throw new RangeError(`no text with id ${id}`)
    return text
  }
}

/** Gives places small whole numbers. */
export class PlaceDictionary {
  private readonly ids = new Map<string, number>()
  private readonly places: Place[] = []

  get size(): number {
    return this.places.length
  }

  idOf(place: Place): number {
    const identity = JSON.stringify([place.city, place.country, place.latitude, place.longitude, place.timeZone])
    let id = this.ids.get(identity)
    if (id === undefined) {
      id = this.places.length
      this.places.push(place)
      this.ids.set(identity, id)
    }
    return id
  }

  placeOf(id: number): Place {
    const place = this.places[id]
    if (place === undefined) throw new RangeError(`no place with id ${id}`)
    return place
  }
}

/** The texts that a task's columns refer to by number. They live as long as the task's memory and are written out as texts. */
export class Dictionaries {
  readonly keys = new Dictionary()
  readonly subKeys = new Dictionary()
  readonly texts = new Dictionary()
  readonly places = new PlaceDictionary()
  /** Who said the readings; null where nobody wants to know, as for rows and equality. */
  readonly origins: Dictionary | null

  constructor(options: { readonly withOrigins?: boolean } = {}) {
    this.subKeys.idOf('')
    this.origins = options.withOrigins === true ? new Dictionary() : null
  }
}
