import { quoteText } from '../../sinks/postgres/quote.ts'
import { GROUPS, KEEPERS } from '../roles.ts'
import type { SetupStep } from '../setup-step.ts'
import { adminFunction } from './admin-function.ts'

/** Tables up to this size are counted: it takes some milliseconds. */
const COUNTED_BYTES = 16 * 1024 * 1024

const ROW = `table_name text, rows_estimate bigint, rows_exact bigint, total_bytes bigint, heap_bytes bigint, index_bytes bigint,
  index_scans bigint, sequential_scans bigint, unused_indexes text[], dead_rows bigint, last_analyze timestamptz`

/**
 * How large the tables of the schema are and how they are read, but for those that exist only while a view is compared. It runs as its caller,
 * and needs no right beyond: what it tells but for `rows_exact` is for everybody to see.
 */
export function tableStats(schema: string): SetupStep {
  return adminFunction(schema, {
    owner: KEEPERS.audit,
    name: 'get_table_stats',
    args: '',
    types: '',
    returns: `TABLE (${ROW})`,
    security: 'SECURITY INVOKER',
    options: 'STABLE',
    body: `
DECLARE
  found_table oid;
BEGIN
  FOR found_table, table_name, rows_estimate, dead_rows, sequential_scans, index_scans, last_analyze IN
    SELECT c.oid, c.relname, coalesce(nullif(s.n_live_tup, 0), greatest(c.reltuples, 0)::bigint), s.n_dead_tup,
      s.seq_scan, s.idx_scan, greatest(s.last_analyze, s.last_autoanalyze)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_stat_all_tables AS s ON s.relid = c.oid
    WHERE n.nspname = ${quoteText(schema)} AND c.relkind IN ('r', 'p') AND NOT starts_with(c.relname, 'windrow_mend_')
    ORDER BY c.relname
  LOOP
    total_bytes := pg_total_relation_size(found_table);
    heap_bytes := pg_table_size(found_table);
    index_bytes := pg_indexes_size(found_table);
    unused_indexes := ARRAY(
      SELECT i.indexrelid::regclass::text
      FROM pg_index AS i
      JOIN pg_stat_all_indexes AS s USING (indexrelid)
      WHERE i.indrelid = found_table AND s.idx_scan = 0 AND NOT i.indisunique AND NOT i.indisexclusion
      ORDER BY 1
    );
    rows_exact := NULL;
    IF heap_bytes <= ${COUNTED_BYTES} AND has_table_privilege(found_table, 'SELECT') THEN
      EXECUTE format('SELECT count(*) FROM %I.%I', ${quoteText(schema)}, table_name) INTO rows_exact;
    END IF;
    -- One that was dropped meanwhile has no size.
    IF total_bytes IS NOT NULL THEN
      RETURN NEXT;
    END IF;
  END LOOP;
END`,
    comment: `Size, rows and use of each table: rows_exact up to ${COUNTED_BYTES / 1024 / 1024} MB, null beyond; bytes with TOAST; unused_indexes are those that no query used since the statistics began and no constraint needs.`,
    caller: GROUPS.admin,
  })
}
