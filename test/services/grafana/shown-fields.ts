import type { StoredPanel } from '../../grafana/stored-dashboards.ts'
import type { Frame } from './frames.ts'

interface Organize {
  readonly excludeByName: Readonly<Record<string, boolean>>
  readonly renameByName: Readonly<Record<string, string>>
}

/** The fields that a panel has after its transformations, by the names that overrides match. */
export function shownFields(
  panel: StoredPanel,
  answered: ReadonlyArray<readonly Frame[]>,
): ReadonlyArray<{ readonly name: string }> {
  let names = answered.flat().flatMap(({ fields }) => fields.map(({ name }) => name))
  for (const { id, options } of panel.transformations ?? []) {
    if (id === 'merge') names = [...new Set(names)]
    else if (id === 'organize') {
      const { excludeByName, renameByName } = options as Organize
      for (const name of [...Object.keys(excludeByName), ...Object.keys(renameByName)]) {
        if (!names.includes(name)) throw new Error(`${panel.title} has no field ${name}, only ${names.join(', ')}`)
      }
      names = names.filter((name) => excludeByName[name] !== true).map((name) => renameByName[name] ?? name)
    } else throw new Error(`What ${id} does is not known here`)
  }
  return names.map((name) => ({ name }))
}
