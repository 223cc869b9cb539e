import { PanelBuilder as BarChart } from '@grafana/grafana-foundation-sdk/barchart'
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import * as common from '@grafana/grafana-foundation-sdk/common'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as StatPanel } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as TablePanel } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries'
import { dataquery, type Query } from './query.ts'

/** The version that the panels are written for, as docker-compose.yml has it: without one Grafana runs the migrations of old panels over them. */
const GRAFANA = '12.2.1'

/** A value from which on a colour holds. */
export interface Step {
  readonly from: number | null
  readonly color: string
}

/** Of how many intervals ago a station was last heard: from three on it is late, from twelve on silent. */
export const late: readonly Step[] = [
  { from: null, color: 'green' },
  { from: 3, color: 'orange' },
  { from: 12, color: 'red' },
]

export interface PanelWords {
  /** Stays the panel's as long as it lives: links and alerts name it. Unique in its dashboard. */
  readonly id: number
  readonly title: string
  readonly description: string
  /** Grafana's name. */
  readonly unit: string
  readonly queries: readonly Query[]
  /** What is said where there is nothing: what to do. */
  readonly noValue: string
  /** Of 24 columns. */
  readonly width?: number
  readonly height?: number
  readonly decimals?: number
  readonly min?: number
  readonly max?: number
  readonly steps?: readonly Step[]
  /** `${__field.labels.city}` */
  readonly displayName?: string
  readonly mappings?: readonly dashboard.ValueMapping[]
  readonly overrides?: readonly Override[]
  readonly transformations?: readonly dashboard.DataTransformerConfig[]
  readonly links?: readonly DataLink[]
  /** The shortest window that makes sense: the cadence of what is shown. */
  readonly minInterval?: string
}

export interface DataLink {
  readonly title: string
  readonly url: string
}

/** Properties of the fields whose names match. */
export interface Override {
  readonly fields: string | RegExp
  readonly properties: Readonly<Record<string, unknown>>
}

/** A panel with its size, not placed yet. */
export interface SizedPanel {
  readonly panel: dashboard.Panel
  readonly width: number
  readonly height: number
}

const HOUR_MS = 3_600_000

/** What the builders of all kinds of panels have in common. */
interface AnyPanel<Self> extends Builder<dashboard.Panel> {
  id(id: number): Self
  title(title: string): Self
  description(description: string): Self
  unit(unit: string): Self
  noValue(text: string): Self
  decimals(decimals: number): Self
  min(min: number): Self
  max(max: number): Self
  displayName(name: string): Self
  interval(interval: string): Self
  datasource(ref: common.DataSourceRef): Self
  withTarget(target: Builder<ReturnType<typeof dataquery>>): Self
  withTransformation(transformation: dashboard.DataTransformerConfig): Self
  thresholds(thresholds: Builder<dashboard.ThresholdsConfig>): Self
  mappings(mappings: dashboard.ValueMapping[]): Self
  dataLinks(links: Builder<dashboard.DashboardLink>[]): Self
  withOverride(override: { matcher: dashboard.MatcherConfig; properties: dashboard.DynamicConfigValue[] }): Self
}

const built = <T>(value: T): Builder<T> => ({ build: () => value })

function fill<P extends AnyPanel<P>>(
  panel: P,
  words: PanelWords,
  size: { readonly width: number; readonly height: number },
): SizedPanel {
  const [first] = words.queries
  if (first === undefined) throw new Error(`The panel ${words.title} has no query`)
  panel.id(words.id).title(words.title).description(words.description).unit(words.unit).noValue(words.noValue)
  panel.datasource({ ...first.datasource })
  for (const [i, query] of words.queries.entries()) panel.withTarget(built(dataquery(query, String.fromCharCode(65 + i))))
  if (words.decimals !== undefined) panel.decimals(words.decimals)
  if (words.min !== undefined) panel.min(words.min)
  if (words.max !== undefined) panel.max(words.max)
  if (words.displayName !== undefined) panel.displayName(words.displayName)
  if (words.minInterval !== undefined) panel.interval(words.minInterval)
  if (words.mappings !== undefined) panel.mappings([...words.mappings])
  panel.thresholds(built(thresholdsOf(words.steps ?? [])))
  for (const transformation of words.transformations ?? []) panel.withTransformation(transformation)
  if (words.links !== undefined) panel.dataLinks(words.links.map((link) => built(dataLink(link))))
  for (const override of words.overrides ?? []) panel.withOverride(overrideOf(override))
  return {
    panel: { ...panel.build(), pluginVersion: GRAFANA },
    width: words.width ?? size.width,
    height: words.height ?? size.height,
  }
}

/** Without steps all is of the same colour: Grafana's own default has a red from 80 on, of whatever. */
const thresholdsOf = (steps: readonly Step[]): dashboard.ThresholdsConfig => ({
  mode: dashboard.ThresholdsMode.Absolute,
  steps: steps.length === 0 ? [{ value: null, color: 'green' }] : steps.map(({ from, color }) => ({ value: from, color })),
})

/** Properties of a column whose texts are coloured by its values. */
export const coloured = (steps: readonly Step[]) => ({
  thresholds: thresholdsOf(steps),
  'custom.cellOptions': { type: common.TableCellDisplayMode.ColorText },
})

/** The SDK's type has more than a data link knows; Grafana wants these three alone. */
const dataLink = ({ title, url }: DataLink): dashboard.DashboardLink =>
  ({ title, url, targetBlank: true }) as dashboard.DashboardLink

function overrideOf({ fields, properties }: Override) {
  const matcher = typeof fields === 'string' ? { id: 'byName', options: fields } : { id: 'byRegexp', options: String(fields) }
  return {
    matcher,
    properties: Object.entries(properties).map(([id, value]) => ({
      id,
      value: id === 'links' ? (value as readonly DataLink[]).map(dataLink) : value,
    })),
  }
}

const legend = built<common.VizLegendOptions>({
  showLegend: true,
  placement: common.LegendPlacement.Bottom,
  displayMode: common.LegendDisplayMode.List,
  calcs: [],
})
const allSeries = built<common.VizTooltipOptions>({ mode: common.TooltipDisplayMode.Multi, sort: common.SortOrder.Descending })

export interface ChartWords extends PanelWords {
  readonly style?: 'line' | 'bars' | 'points' | 'steps'
  readonly stacked?: boolean
  /** Marks each value of a line: where there are few. */
  readonly showsPoints?: boolean
  /**
   * Hours without a value after which a line is interrupted; of one value a window (of a query that tells empty windows) `windows`. Left out:
   * where the data source tells (Prometheus does).
   */
  readonly gap?: number | 'windows'
  /** Draws the thresholds as lines. */
  readonly showsThresholds?: boolean
}

/**
 * Several series in one answer have empty places at each other's times, so that short ones are bridged; rows that are missing altogether
 * leave none, so that Grafana has to look at the times too.
 */
function showGaps(panel: TimeSeries, gap: ChartWords['gap']): void {
  if (gap === undefined) panel.spanNulls(false)
  else if (gap === 'windows') panel.spanNulls(3 * HOUR_MS)
  else panel.spanNulls(gap * HOUR_MS).insertNulls(gap * HOUR_MS)
}

/** Over time. */
export function chart(words: ChartWords): SizedPanel {
  const panel = new TimeSeries().legend(legend).tooltip(allSeries)
  showGaps(panel, words.gap)
  const style = words.style ?? 'line'
  if (style === 'bars') panel.drawStyle(common.GraphDrawStyle.Bars).fillOpacity(50).lineWidth(0)
  else if (style === 'points') panel.drawStyle(common.GraphDrawStyle.Points).pointSize(4)
  else
    panel
      .drawStyle(common.GraphDrawStyle.Line)
      .lineWidth(2)
      .fillOpacity(words.stacked === true ? 25 : 0)
  if (style === 'steps') panel.lineInterpolation(common.LineInterpolation.StepAfter)
  if (words.showsPoints === true) panel.showPoints(common.VisibilityMode.Always).pointSize(6)
  if (words.stacked === true) panel.stacking(built({ mode: common.StackingMode.Normal, group: 'A' }))
  if (words.showsThresholds === true) panel.thresholdsStyle(built({ mode: common.GraphThresholdsStyleMode.Line }))
  return fill(panel, words, { width: 12, height: 9 })
}

export interface StatWords extends PanelWords {
  /** Which of a series' values; the last one there is. */
  readonly calc?: 'lastNotNull' | 'max' | 'sum' | 'min'
  /** A colour of the value, of its background, or none. */
  readonly colors?: 'value' | 'background' | 'none'
  /** A regular expression of the fields that are shown, where not all numbers. */
  readonly fields?: string
}

export function stat(words: StatWords): SizedPanel {
  const modes = {
    value: common.BigValueColorMode.Value,
    background: common.BigValueColorMode.Background,
    none: common.BigValueColorMode.None,
  }
  const panel = new StatPanel()
    .reduceOptions(built({ calcs: [words.calc ?? 'lastNotNull'], fields: words.fields ?? '', values: false }))
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(modes[words.colors ?? 'value'])
    .justifyMode(common.BigValueJustifyMode.Auto)
  return fill(panel, words, { width: 6, height: 5 })
}

export function table(words: PanelWords): SizedPanel {
  return fill(new TablePanel().showHeader(true).filterable(true), words, { width: 24, height: 10 })
}

/** States of several things over time, a lane each; interrupted where nothing was said for six hours. */
export function states(words: PanelWords): SizedPanel {
  const panel = new StateTimeline()
    .insertNulls(6 * HOUR_MS)
    .mergeValues(true)
    .legend(legend)
    .rowHeight(0.9)
  return fill(panel, words, { width: 12, height: 9 })
}

/** Bars of several series side by side, for few times; `xUnit` says how these are written. */
export function bars(words: PanelWords & { readonly xUnit: string }): SizedPanel {
  const panel = new BarChart()
    .legend(legend)
    .tooltip(allSeries)
    .overrideByName('Time', [{ id: 'unit', value: words.xUnit }])
  return fill(panel, words, { width: 12, height: 9 })
}
