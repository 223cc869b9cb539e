/** Why something is no usable reading: the same codes for what a producer is refused and for what a record is dead-lettered with. */
export type ReadingFaultCode =
  | 'WR_READING_FIELD'
  | 'WR_READING_KEY'
  | 'WR_READING_TEXT'
  | 'WR_READING_NOT_FINITE'
  | 'WR_READING_LIMITS'
  | 'WR_READING_ZONE'
  | 'WR_READING_INTERVAL'
  | 'WR_READING_TIMESTAMP'
  | 'WR_READING_FUTURE'
  | 'WR_READING_COORDINATES'

export const READING_REMEDIES: Readonly<Record<ReadingFaultCode, string>> = {
  WR_READING_FIELD: "Give the field a value of the type that the event's schema says; a missing measurement is null.",
  WR_READING_KEY: 'Give the station (or zone) an id of 1 to 512 bytes, and the sub-key at most 512 bytes without "/".',
  WR_READING_TEXT: 'Give well-formed text of at most 4096 bytes without the character U+0000.',
  WR_READING_NOT_FINITE: 'Write null for a missing measurement, never NaN or Infinity.',
  WR_READING_LIMITS: 'Look at the sensor and at the unit of the value: it is beyond what is physically possible.',
  WR_READING_ZONE: 'Use a name of the IANA time zone database, for instance Europe/Paris or UTC.',
  WR_READING_INTERVAL: 'Give the length of the interval in whole minutes, 1 to 1440.',
  WR_READING_TIMESTAMP:
    'Give a time that exists, between the years 1900 and 9999: in a file ISO 8601 with an offset (2025-01-31T02:30:00Z) or a local time of the time zone given, in a record whole milliseconds since 1970-01-01 UTC (not seconds, not microseconds).',
  WR_READING_FUTURE: "Check the clocks of the source and of the producer, and the source's time zone; a forecast is no reading.",
  WR_READING_COORDINATES: 'Give latitude between -90 and 90 and longitude between -180 and 180 degrees, or null.',
}
