import { join } from 'node:path'

/** Where a benchmark's log and local state are, below its folder. */
export const logDirectory = (folder: string): string => join(folder, 'log')
export const stateDirectory = (folder: string): string => join(folder, 'state')

/** As many as the configuration has unless told otherwise. */
export const DEFAULT_PARTITIONS = 4
