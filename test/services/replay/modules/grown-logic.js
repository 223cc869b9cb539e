// @ts-check
import { declareTopologies } from './declare.js'

export const topologies = declareTopologies({ logic: 2, shiftMinutes: 240, dayOff: 0, isGrown: true })
