// @ts-check
import { daysBefore } from './declare-days.js'

export const topologies = daysBefore
