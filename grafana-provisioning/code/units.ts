import * as units from '@grafana/grafana-foundation-sdk/units'

/** Grafana's name of a unit of the views (UCUM). A share (`1`) is shown in percent. */
const GRAFANA_UNITS: Readonly<Record<string, string>> = {
  '1': units.PercentUnit,
  '%': units.Percent,
  Cel: units.Celsius,
  deg: units.Degrees,
  h: units.Hours,
  hPa: units.Hectopascals,
  km: units.Kilometer,
  'm/s': units.MetersPerSecond,
  'mg/m3': units.MilligramPerCubicMeter,
  mm: units.Millimeter,
  MW: units.MegaWatt,
  MWh: units.MegaWattHour,
  s: units.Seconds,
  'ug/m3': units.MicrogramPerCubicMeter,
}

/** The unit of a column as Grafana calls it; what has none is a plain number. Throws for a unit that nobody has translated. */
export function grafanaUnit({ unit, column }: { readonly unit: string | null; readonly column: string }): string {
  if (unit === null) return units.Short
  const found = GRAFANA_UNITS[unit]
  if (found === undefined) throw new Error(`Grafana's name of the unit ${unit} (${column}) is missing in units.ts`)
  return found
}
