import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

// Open-Meteo's two endpoints in their own shapes: open-meteo.com/en/docs and open-meteo.com/en/docs/geocoding-api.

interface Place {
  readonly id: number;
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly elevation: number;
  readonly country_code: string;
  readonly country: string;
  readonly timezone: string;
  readonly population: number;
  readonly admin1: string;
}

const BERLIN: Place = {
  id: 2950159,
  name: 'Berlin',
  latitude: 52.52437,
  longitude: 13.41053,
  elevation: 74,
  country_code: 'DE',
  country: 'Germany',
  timezone: 'Europe/Berlin',
  population: 3426354,
  admin1: 'State of Berlin',
};
const LONDON: Place = {
  id: 2643743,
  name: 'London',
  latitude: 51.50853,
  longitude: -0.12574,
  elevation: 25,
  country_code: 'GB',
  country: 'United Kingdom',
  timezone: 'Europe/London',
  population: 8961989,
  admin1: 'England',
};

/** Variables that the stand-in has, with unit and value; daily ones get it for every day. */
const CURRENT: Readonly<Record<string, readonly [unit: string, value: number]>> = {
  temperature_2m: ['°C', 11.2],
  apparent_temperature: ['°C', 9.8],
  relative_humidity_2m: ['%', 71],
  is_day: ['', 1],
  precipitation: ['mm', 0],
  rain: ['mm', 0],
  weather_code: ['wmo code', 3],
  cloud_cover: ['%', 90],
  pressure_msl: ['hPa', 1016.2],
  wind_speed_10m: ['km/h', 8.6],
  wind_direction_10m: ['°', 270],
  wind_gusts_10m: ['km/h', 18.4],
};
const DAILY: Readonly<Record<string, readonly [unit: string, value: number]>> = {
  weather_code: ['wmo code', 61],
  temperature_2m_max: ['°C', 13.8],
  temperature_2m_min: ['°C', 7.2],
  precipitation_sum: ['mm', 1.2],
  precipitation_probability_max: ['%', 40],
  wind_speed_10m_max: ['km/h', 21.6],
};
const DAY_MS = 24 * 60 * 60 * 1000;

/** A stand-in of Open-Meteo on 127.0.0.1: the same weather everywhere. Whoever starts it closes it. */
export class SimulatedWeather {
  /** Paths with queries that were asked for, oldest first. */
  readonly requests: string[] = [];
  /** HTTP status with which every request is answered instead; 429 carries the service's own words. */
  refuse: number | undefined;
  readonly #http: Server;

  private constructor() {
    this.#http = createServer((request, response) => this.#answer(request.url ?? '/', response));
  }

  static async start(): Promise<SimulatedWeather> {
    const weather = new SimulatedWeather();
    weather.#http.listen(0, '127.0.0.1');
    await once(weather.#http, 'listening');
    return weather;
  }

  /** Base of both endpoints, `/v1/search` and `/v1/forecast`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (!this.#http.listening) return;
    this.#http.close();
    this.#http.closeAllConnections();
    await once(this.#http, 'close');
  }

  #answer(path: string, response: ServerResponse): void {
    this.requests.push(path);
    const { pathname, searchParams } = new URL(path, this.url);
    const routes: Record<string, (query: URLSearchParams) => Answer> = {
      '/v1/search': search,
      '/v1/forecast': forecast,
    };
    const answer = this.refuse
      ? refusal(this.refuse, 'Minutely API request limit exceeded. Please try again in one minute.')
      : (routes[pathname]?.(searchParams) ?? refusal(404, 'Not Found'));
    response.writeHead(answer.status, { 'Content-Type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(answer.body));
  }
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

function refusal(status: number, reason: string): Answer {
  return { status, body: { error: true, reason } };
}

function search(query: URLSearchParams): Answer {
  const name = query.get('name');
  if (name === null) return refusal(400, "Parameter 'name' is required");
  const known = [BERLIN, LONDON].filter((place) => place.name.toLowerCase().startsWith(name.trim().toLowerCase()));
  // Without a hit the field is missing, and one letter finds nothing.
  const results = name.trim().length > 1 ? known.slice(0, Number(query.get('count') ?? 10)) : [];
  const found = results.map((place) => ({ ...place, feature_code: 'PPLC' }));
  return { status: 200, body: { ...(found.length > 0 ? { results: found } : {}), generationtime_ms: 0.5 } };
}

function forecast(query: URLSearchParams): Answer {
  const latitude = Number(query.get('latitude') ?? Number.NaN);
  const longitude = Number(query.get('longitude') ?? Number.NaN);
  if (Number.isNaN(latitude) || Number.isNaN(longitude)) {
    return refusal(400, "Parameter 'latitude' and 'longitude' must have the same number of elements");
  }
  if (Math.abs(latitude) > 90) return refusal(400, `Latitude must be in range of -90 to 90°. Given: ${latitude}.`);
  const current = listed(query, 'current');
  const daily = listed(query, 'daily');
  const wrong = current.find((name) => !CURRENT[name]) ?? daily.find((name) => !DAILY[name]);
  if (wrong)
    return refusal(400, `Data corrupted at path ''. Cannot initialize variable from invalid String value ${wrong}.`);
  if (daily.length > 0 && !query.get('timezone')) return refusal(400, 'Timezone is required');
  const timezone = query.get('timezone') === 'auto' ? placeAt(latitude).timezone : (query.get('timezone') ?? 'GMT');
  const days = Number(query.get('forecast_days') ?? 7);
  return {
    status: 200,
    body: {
      latitude,
      longitude,
      generationtime_ms: 0.05,
      utc_offset_seconds: 0,
      timezone,
      timezone_abbreviation: 'GMT+0',
      elevation: placeAt(latitude).elevation,
      ...(current.length > 0 ? currentWeather(current) : {}),
      ...(daily.length > 0 ? dailyWeather(daily, days) : {}),
    },
  };
}

function currentWeather(names: readonly string[]): object {
  const time = new Date(Date.now() - (Date.now() % (15 * 60_000))).toISOString().slice(0, 16);
  return {
    current_units: { time: 'iso8601', interval: 'seconds', ...column(names, (name) => CURRENT[name]?.[0]) },
    current: { time, interval: 900, ...column(names, (name) => CURRENT[name]?.[1]) },
  };
}

function dailyWeather(names: readonly string[], days: number): object {
  const time = Array.from({ length: days }, (_, i) => new Date(Date.now() + i * DAY_MS).toISOString().slice(0, 10));
  return {
    daily_units: { time: 'iso8601', ...column(names, (name) => DAILY[name]?.[0]) },
    daily: { time, ...column(names, (name) => time.map(() => DAILY[name]?.[1])) },
  };
}

function column(names: readonly string[], of: (name: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, of(name)]));
}

function listed(query: URLSearchParams, name: string): string[] {
  return query
    .getAll(name)
    .flatMap((value) => value.split(','))
    .filter(Boolean);
}

function placeAt(latitude: number): Place {
  return Math.abs(latitude - LONDON.latitude) < 0.5 ? LONDON : BERLIN;
}
