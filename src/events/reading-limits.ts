import { IANAZone } from 'luxon'

/** 1900-01-01T00:00:00Z: no reading, revision or publication is older. */
export const MIN_TIME = -2_208_988_800_000
/** 9999-12-31T23:59:59.999Z, the last instant that every store and ISO 8601 with four digits can write. */
export const MAX_TIME = 253_402_300_799_999
export const MAX_INTERVAL_MINUTES = 1440
/** How far the start of a reading may lie after the producer's clock: one reading from 2099 would complete everything. */
export const MAX_AHEAD_MS = 24 * 60 * 60 * 1000
/** Bytes of UTF-8 of a key, and of a sub-key: they become part of the keys of stores, which have limits. */
export const MAX_KEY_BYTES = 512
/** Bytes of UTF-8 of any other text: texts are remembered by the task. */
export const MAX_TEXT_BYTES = 4096
/**
 * Whole numbers in a payload are smaller than this, positive or negative: beyond it, libraries in JavaScript and stores that hold
 * doubles begin to lose the last digit.
 */
export const WHOLE_NUMBER_BOUND = 2 ** 52
/** Joins the fields of a sub-key, so no field of a sub-key of several fields may hold it. */
export const SUB_KEY_SEPARATOR = '/'

/** Beyond this many keys or texts a table of the decoder begins anew: it only saves work, what the numbers mean is in the dictionaries. */
export const MAX_REMEMBERED = 1 << 20

const MAX_REMEMBERED_ZONES = 4096
const knownZones = new Map<string, boolean>()

/** True for a name of the IANA time zone database. Offsets (`+01:00`) are none, on any version of the platform. */
export function isTimeZone(name: string): boolean {
  let valid = knownZones.get(name)
  if (valid === undefined) {
    valid = /^[A-Za-z]/.test(name) && IANAZone.isValidZone(name)
    if (knownZones.size >= MAX_REMEMBERED_ZONES) knownZones.clear()
    knownZones.set(name, valid)
  }
  return valid
}
