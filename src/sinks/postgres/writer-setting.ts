/**
 * The setting by which a transaction says that it is the sink's. What people change is audited, what the sink writes is not; the setting
 * counts for members of the role that owns the tables alone.
 */
export const WRITER_SETTING = 'windrow.writer'
export const WRITER_SINK = 'sink'

/** Says so until the transaction ends, as part of a statement that is sent anyway. */
export const MARK_AS_SINK = `set_config('${WRITER_SETTING}', '${WRITER_SINK}', true)`
