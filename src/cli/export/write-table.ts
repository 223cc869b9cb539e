import { extname, resolve } from 'node:path'
import type { Cell, View } from '../../views/view.ts'
import { csvText, jsonText } from './row-text.ts'

/** Writes rows to a file, whole or not at all, as its extension says: `.parquet`, `.json`, else CSV. */
export async function writeTable(
  folder: string,
  output: string,
  table: View,
  rows: AsyncIterable<ReadonlyArray<readonly Cell[]>>,
): Promise<void> {
  const path = resolve(folder, output)
  const extension = extname(path).toLowerCase()
  if (extension === '.parquet') {
    const { writeParquetFile } = await import('./parquet-file.ts')
    await writeParquetFile(table, path, rows)
    return
  }
  const { writeTextFile } = await import('./write-file.ts')
  await writeTextFile(path, extension === '.json' ? jsonText(table, rows) : csvText(table, rows))
}
