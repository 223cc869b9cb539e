-- How to read a lake with DuckDB: `duckdb < examples/lake.sql`, beside the folder that LAKE_URL names, or `.read examples/lake.sql`.
-- docs/lake.md says what is where.

SET VARIABLE lake = './lake';

-- In a bucket: its keys, and the address where it is not Amazon's own.
--   INSTALL httpfs; LOAD httpfs;
--   CREATE SECRET (TYPE s3, KEY_ID '…', SECRET '…', REGION 'us-east-1', ENDPOINT '127.0.0.1:9000', URL_STYLE 'path', USE_SSL false);
--   SET VARIABLE lake = 's3://bucket/prefix';

-- Instants are shown in this zone. Days and months of views are those of the station's own calendar, whatever it is.
SET TimeZone = 'UTC';

-- A layer is a folder a topic or view, and a table here. Bronze is every record of a topic of readings.
CREATE OR REPLACE VIEW bronze_weather AS
FROM read_parquet(getvariable('lake') || '/bronze/weather.readings/**/*.parquet', union_by_name = true);

-- Silver: of every reading the latest revision.
CREATE OR REPLACE VIEW silver_weather AS
FROM read_parquet(getvariable('lake') || '/silver/weather.readings/**/*.parquet', union_by_name = true);

-- Gold: the rows of a view.
CREATE OR REPLACE VIEW weather_daily AS
FROM read_parquet(getvariable('lake') || '/gold/weather_daily/**/*.parquet', hive_partitioning = true);

-- What became of the readings: how many came, how many of them were no readings, and how many are left once each is there once.
SELECT
  count(*) AS records,
  count(problem) AS no_readings,
  (SELECT count(*) FROM silver_weather) AS readings,
  min("timestamp") AS first,
  max("timestamp") AS last
FROM bronze_weather;

-- Readings that were revised, and by how much. `log_partition` and `log_offset` are the place of a record in the log.
SELECT station_id, "timestamp", count(*) AS revisions, max(temperature) - min(temperature) AS temperature_changed_by
FROM bronze_weather
WHERE problem IS NULL
GROUP BY station_id, "timestamp"
HAVING count(*) > 1
ORDER BY temperature_changed_by DESC NULLS LAST
LIMIT 10;

-- The folder is a column too: other months are not even opened. Only whole days: one that has begun is a row, too.
SELECT station_id, month, count(*) AS days, sum(temperature_mean * temperature_n) / sum(temperature_n) AS temperature_mean,
       sum(precipitation_sum) AS precipitation_sum
FROM weather_daily
WHERE complete AND month >= '2025-01'
GROUP BY station_id, month
ORDER BY station_id, month;

-- A view is a function of its readings: the days of silver, computed here, and how many of them gold has otherwise. It is 0.
WITH days AS (
  SELECT station_id, CAST(timezone(time_zone, "timestamp") AS DATE) AS day, count(*) AS n, avg(temperature) AS mean
  FROM silver_weather
  GROUP BY ALL
)
SELECT count(*) AS days,
       count(*) FILTER (WHERE g.n IS DISTINCT FROM d.n OR abs(g.temperature_mean - d.mean) > 1e-9) AS different
FROM days AS d
FULL JOIN weather_daily AS g USING (station_id, day);

-- The names, units and meanings of a view's columns are in each of its files.
SELECT c->>'column' AS "column", c->>'unit' AS unit, c->>'doc' AS doc
FROM (
  SELECT unnest(from_json(decode(value), '["JSON"]')) AS c
  FROM parquet_kv_metadata(getvariable('lake') || '/gold/weather_daily/**/*.parquet')
  WHERE decode(key) = 'windrow.columns' AND file_name = (
    SELECT min(file) FROM glob(getvariable('lake') || '/gold/weather_daily/**/*.parquet')
  )
);

-- A view as of one moment. The files of a view are replaced one after another, so that a query over many of them may see some of them as they
-- were before a flush and others as they are after it. Its file of state names them all, and changes before the first and after the last of
-- them is replaced: where it is the same before and after, what was read in between is the view as it was at `ends`. An error here: run it again.
SET VARIABLE state = (SELECT content FROM read_text(getvariable('lake') || '/_state/gold/weather_daily.json'));

SET VARIABLE files = (
  SELECT CASE WHEN json_type(state, '$.intent') = 'NULL'
              THEN list_transform(json_keys(state, '$.files'), lambda file: getvariable('lake') || '/' || file)
              ELSE error('weather_daily is being written: run this again') END
  FROM (SELECT getvariable('state')::JSON AS state)
);

CREATE OR REPLACE TABLE weather_daily_exact AS
FROM read_parquet(getvariable('files'), hive_partitioning = false);

SELECT CASE WHEN content = getvariable('state') THEN 'exact'
            ELSE error('weather_daily was written meanwhile: run this again') END AS weather_daily_exact,
       content::JSON->'ends' AS ends
FROM read_text(getvariable('lake') || '/_state/gold/weather_daily.json');

SELECT count(*) AS rows, count(DISTINCT (station_id, day)) AS keys FROM weather_daily_exact;
