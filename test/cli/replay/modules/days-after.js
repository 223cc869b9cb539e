// @ts-check
import { daysAfter } from './declare-days.js'

export const topologies = daysAfter
