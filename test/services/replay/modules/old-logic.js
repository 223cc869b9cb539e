// @ts-check
import { declareTopologies } from './declare.js'

export const topologies = declareTopologies({ logic: 1, shiftMinutes: 360, dayOff: 6 })
