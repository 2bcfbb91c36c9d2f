// The features, once as SQL for whole tables. rolling.ts computes the same ones flight by flight.
//
// A rolling delay is the mean delay of the flights that landed in the 180 minutes before push-back:
// all of them (system), or those that came from or went to one airport. If none of an airport's
// flights landed, the system's mean stands in; if none landed at all, 0.
// "Landed" is known to the minute: minute m counts for a push-back in minute t if t - 180 <= m < t.
import { sqlText } from "./table.ts";

export const ROLLING_MINUTES = 180;
export const NUMBERS = ["minute", "weekday", "distance", "origin_delay_3h", "destination_delay_3h", "system_delay_3h"] as const;
export const TEXTS = ["origin", "destination"] as const;

/** The inputs of the model, in the order of its graph. */
export const FEATURES = [
  "minute",
  "weekday",
  "distance",
  "origin",
  "destination",
  "origin_delay_3h",
  "destination_delay_3h",
  "system_delay_3h",
] as const;

/** The file says when a flight left, not when it landed: 450 miles an hour, 35 minutes on the ground, and its delay. In epoch minutes. */
export const LANDED_SQL = "((epoch(date)::bigint + 8 * distance + 35 * 60 + 60 * greatest(delay, 0)) // 60)::integer";

/** 0 … 1, evenly spread and the same for the same flight and seed. */
export const drawSql = (seed: number): string => `(hash(file_row_number + ${Math.trunc(seed)} * 4294967296) / 18446744073709551616.0)`;

/** Every flight that matters for push-backs in [from, until); three days before, because the longest delay is 28 hours. */
export const flightsSql = (file: string, from: string, until: string): string => `
  select file_row_number::integer as flight_id, date, (epoch(date)::bigint // 60)::integer as pushed_back, ${LANDED_SQL} as landed,
    delay::integer as delay, distance::integer as distance, origin, destination, file_row_number
  from read_parquet(${sqlText(file)}, file_row_number = true)
  where date >= date ${sqlText(from)} - interval 3 day and date < date ${sqlText(until)}`;

/**
 * Features and label of the table `kept`, from the table `flights` (both as flightsSql makes them).
 * Sums only grow, so a window is the difference of two sums, found by two ASOF joins: work for the push-backs kept, not for all flights.
 * Sums of whole numbers are exact in doubles, and much faster than DuckDB's default, 128 bit integers.
 */
export const featuresSql = (): string => `
  with touched as (
    select origin as airport, landed, delay from flights union all select destination, landed, delay from flights union all select '*', landed, delay from flights
  ), by_minute as materialized (
    select airport, landed, sum(delay)::double as delay, count(*)::double as n from touched group by all
  ), sums as materialized (
    select airport, landed, sum(delay) over so_far as delay, sum(n) over so_far as n from by_minute
    window so_far as (partition by airport order by landed rows unbounded preceding)
  ), asked as (
    select distinct unnest([origin, destination, '*']) as airport, pushed_back, pushed_back - ${ROLLING_MINUTES} as since from kept
  ), means as materialized (
    select asked.airport, pushed_back, (s1.delay - coalesce(s0.delay, 0)) / nullif(s1.n - coalesce(s0.n, 0), 0) as delay
    from asked
    asof left join sums s1 on s1.airport = asked.airport and s1.landed < asked.pushed_back
    asof left join sums s0 on s0.airport = asked.airport and s0.landed < asked.since
  )
  select flight_id, date, (k.pushed_back % 1440)::float as minute, (isodow(date) - 1)::float as weekday, distance::float as distance, origin, destination,
    coalesce(o.delay, s.delay, 0)::float as origin_delay_3h, coalesce(d.delay, s.delay, 0)::float as destination_delay_3h,
    coalesce(s.delay, 0)::float as system_delay_3h,
    k.delay, (k.delay >= 15)::integer as late, hour(date)::integer as hour,
    case when distance < 250 then 'below 250' when distance < 500 then '250 to 500' when distance < 1000 then '500 to 1000'
      when distance < 2000 then '1000 to 2000' else 'from 2000' end as distance_band,
    date_trunc('week', date)::date as week, in_train, in_test, in_reference
  from kept k
  join means o on o.airport = k.origin and o.pushed_back = k.pushed_back
  join means d on d.airport = k.destination and d.pushed_back = k.pushed_back
  join means s on s.airport = '*' and s.pushed_back = k.pushed_back`;
