export { WindrowError } from './core/errors.ts'
export { airReadings } from './events/air.ts'
export { commonFields, defineEvent } from './events/define-event.ts'
export { energyReadings } from './events/energy.ts'
export type { EventType } from './events/event-type.ts'
export type { AirReading, EnergyReading, Place, Reading, WeatherReading } from './events/reading.ts'
export { weatherReadings } from './events/weather.ts'
export type { Aggregate } from './streams/aggregates/aggregate.ts'
export { type ArrivalRule, arrivals } from './streams/aggregates/arrivals.ts'
export { assess, type QuantityRule } from './streams/aggregates/assessment.ts'
export {
  changeFromPrevious,
  completeness,
  count,
  countWhere,
  coverage,
  covered,
  first,
  hourly,
  hoursWhere,
  last,
  max,
  mean,
  min,
  quantile,
  share,
  sum,
  vectorCount,
  vectorMean,
} from './streams/aggregates/standard.ts'
export type { WindowColumns } from './streams/aggregates/window-state.ts'
export { aggregate } from './streams/operators/aggregate.ts'
export { derive, difference, quotient } from './streams/operators/derive.ts'
export { extent } from './streams/operators/extent.ts'
export { join, series } from './streams/operators/join.ts'
export { keyBy } from './streams/operators/key-by.ts'
export { latest } from './streams/operators/latest.ts'
export { to } from './streams/operators/to.ts'
export { where } from './streams/operators/where.ts'
export { calendarDays, calendarHours, calendarMonths, hopping, sessions, tumbling } from './streams/operators/windows.ts'
export { withArrivals } from './streams/operators/with-arrivals.ts'
export { versioned } from './streams/plan.ts'
export { type Topology, topology } from './streams/topology.ts'
export {
  addedCount,
  type Cell,
  count as countColumn,
  defineView,
  double,
  flag,
  instant,
  localDay,
  localMonth,
  optionalFlag,
  optionalInstant,
  optionalText,
  type RowOf,
  requiredDouble,
  text,
  type View,
} from './views/view.ts'
export { windowColumns } from './views/window-columns.ts'
