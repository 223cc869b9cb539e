import type { Config } from '../../config/load-config.ts'
import { isWindrowError } from '../../core/errors.ts'
import { cadenceText } from '../../producers/stations/cadence.ts'
import type { UpstreamKind } from '../../producers/upstream-kind.ts'
import { type ConfiguredStation, configuredSources, configuredStations } from '../stations/configured-stations.ts'
import { stretchNotes } from '../stations/stretched.ts'
import { type AskSources, checkSources } from './check-sources.ts'
import { type Finding, failure, note } from './finding.ts'

/** The configured stations of every source, and what each source says when it is asked. `ask` null: none is. */
export async function examineSources(config: Config, kinds: readonly UpstreamKind[], ask: AskSources | null): Promise<Finding[]> {
  const findings: Finding[] = []
  const all: ConfiguredStation[] = []
  try {
    for (const source of configuredSources(config, kinds)) {
      try {
        all.push(...configuredStations(config, kinds, { sources: [source] }))
      } catch (error) {
        // One source without its key does not keep the others from being looked at.
        if (!isWindrowError(error, 'WR_SOURCE_KEY')) throw error
        findings.push(failure(source, error))
      }
    }
  } catch (error) {
    return [failure('sources', error)]
  }
  if (all.length === 0 && findings.length === 0)
    return [note('sources', 'none is configured: `windrow start` simulates. `windrow setup` asks for keys and places')]
  for (const kind of kinds) {
    const own = all.filter((one) => one.kind === kind)
    if (own.length === 0) continue
    const ids = own.map(({ station }) => station.id)
    const some = `${ids.slice(0, 5).join(', ')}${ids.length > 5 ? `, … (${ids.length})` : ''}`
    const cadences = [...new Set(own.map(({ cadence }) => cadenceText(cadence)))]
    findings.push(note(kind.name, `${some}: polled ${cadences.slice(0, 3).join('; ')}${cadences.length > 3 ? '; …' : ''}`))
  }
  findings.push(...stretchNotes(all).map(({ text }) => note('sources', text.replace(/\.$/, ''))))
  if (ask !== null) findings.push(...(await checkSources(all, ask)))
  return findings
}
