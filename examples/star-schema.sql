-- What a BI tool asks of the star schema (docs/star-schema.md). Each statement stands for itself.

-- Mean temperature by month and city: sums over counts, not a mean of means.
SELECT d.year_month, s.city, sum(f.temperature_sum) / nullif(sum(f.temperature_n), 0) AS temperature
FROM fact_weather AS f
JOIN dim_date AS d USING (date_key)
JOIN dim_station AS s USING (station_key)
GROUP BY d.year_month, s.city
ORDER BY d.year_month, s.city;

-- The day's course on working days and weekends: local_hour is in the fact, so dim_hour is not needed.
SELECT f.local_hour, d.is_weekend, avg(f.consommations) AS mw
FROM fact_energy AS f
JOIN dim_date AS d USING (date_key)
GROUP BY f.local_hour, d.is_weekend
ORDER BY f.local_hour, d.is_weekend;

-- Energy by station and ISO week.
SELECT s.name, d.iso_year, d.iso_week, sum(f.consumption_energy_mwh) AS consumed_mwh, sum(f.pv_energy_mwh) AS solar_mwh
FROM fact_energy AS f
JOIN dim_date AS d USING (date_key)
JOIN dim_station AS s USING (station_key)
GROUP BY s.name, d.iso_year, d.iso_week
ORDER BY s.name, d.iso_year, d.iso_week;

-- The last seven days: a condition on the instant is read by its index.
SELECT f.station_id, f.day, max(f.pm25_mean) AS worst_hour, sum(f.pm25_sum) / nullif(sum(f.pm25_n), 0) AS pm25
FROM fact_air AS f
WHERE f.hour >= now() - interval '7 days'
GROUP BY f.station_id, f.day
ORDER BY f.station_id, f.day;

-- Days that are not 24 hours long, and which way their clock went.
SELECT h.time_zone, h.day, sum(h.minutes) / 60.0 AS hours, min(h.utc_offset_minutes) AS from_minutes, max(h.utc_offset_minutes) AS to_minutes
FROM dim_hour AS h
GROUP BY h.time_zone, h.day
HAVING min(h.utc_offset_minutes) <> max(h.utc_offset_minutes)
ORDER BY h.time_zone, h.day;

-- Consumption of the hours that the clock shows twice: two rows an hour of the clock, apart by hour_key and is_repeated.
SELECT f.zone_id, h.day, h.local_hour, h.is_repeated, h.is_dst, sum(f.consumption_energy_mwh) AS mwh
FROM fact_energy AS f
JOIN dim_hour AS h USING (hour_key)
WHERE (h.time_zone, h.day, h.local_hour) IN (SELECT time_zone, day, local_hour FROM dim_hour WHERE is_repeated)
GROUP BY f.zone_id, h.day, h.local_hour, h.is_repeated, h.is_dst
ORDER BY f.zone_id, h.day, h.local_hour, h.is_repeated;

-- Air and weather of the same city and hour, whatever stations measure them: means over the stations of the city.
SELECT w.hour, ws.country, ws.city, avg(w.temperature_mean) AS temperature, avg(w.wind_speed_mean) AS wind_speed, avg(a.pm25_mean) AS pm25
FROM fact_weather AS w
JOIN dim_station AS ws USING (station_key)
JOIN fact_air AS a ON a.hour = w.hour
JOIN dim_station AS s ON s.station_key = a.station_key AND s.city = ws.city AND s.country = ws.country
WHERE w.hour >= now() - interval '30 days' AND a.pm25_valid
GROUP BY w.hour, ws.country, ws.city
ORDER BY w.hour, ws.country, ws.city;

-- What the database says of itself: each table, view and column of the star schema.
SELECT c.relname AS "view", a.attname AS "column", col_description(c.oid, a.attnum) AS says
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relname IN ('dim_station', 'dim_date', 'dim_hour', 'fact_weather', 'fact_energy', 'fact_air')
ORDER BY c.relname, a.attnum;
