import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Both services of Open-Meteo on one local port, in the shapes of its documentation (open-meteo.com/en/docs). */
export interface OpenMeteo {
  readonly url: string;
  /** Every request so far. */
  readonly requests: readonly URL[];
  /** Answers instead of the real shapes while set. */
  respond: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  close(): Promise<void>;
}

const PLACES = [
  {
    id: 2988507,
    name: 'Paris',
    latitude: 48.85341,
    longitude: 2.3488,
    elevation: 42,
    feature_code: 'PPLC',
    country_code: 'FR',
    timezone: 'Europe/Paris',
    population: 2138551,
    country: 'France',
    admin1: 'Île-de-France',
  },
  {
    id: 4717560,
    name: 'Paris',
    latitude: 33.66094,
    longitude: -95.55551,
    elevation: 183,
    feature_code: 'PPLA2',
    country_code: 'US',
    timezone: 'America/Chicago',
    population: 24782,
    country: 'United States',
    admin1: 'Texas',
  },
  {
    id: 2267057,
    name: 'Lisbon',
    latitude: 38.71667,
    longitude: -9.13333,
    elevation: 45,
    feature_code: 'PPLC',
    country_code: 'PT',
    timezone: 'Europe/Lisbon',
    population: 517802,
    country: 'Portugal',
    admin1: 'Lisbon',
  },
];

/** Starts it on a free port. */
export async function startOpenMeteo(): Promise<OpenMeteo> {
  const requests: URL[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    requests.push(url);
    if (meteo.respond) return meteo.respond(request, response);
    const json =
      url.pathname === '/v1/search' ? search(url) : url.pathname === '/v1/forecast' ? forecast(url) : undefined;
    response.writeHead(json ? 200 : 404, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(json ?? { error: true, reason: 'Not Found' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const meteo: OpenMeteo = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    respond: undefined,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return meteo;
}

function search(url: URL) {
  const name = url.searchParams.get('name')?.toLowerCase();
  const results = PLACES.filter((place) => place.name.toLowerCase() === name);
  return results.length > 0 ? { results, generationtime_ms: 0.7 } : { generationtime_ms: 0.4 };
}

function forecast(url: URL) {
  const days = Number(url.searchParams.get('forecast_days'));
  const place = PLACES.find((one) => String(one.latitude) === url.searchParams.get('latitude'));
  const daily = (value: number | null) => Array.from({ length: days }, () => value);
  return {
    latitude: place?.latitude,
    longitude: place?.longitude,
    generationtime_ms: 0.1,
    utc_offset_seconds: 0,
    timezone: place?.timezone,
    timezone_abbreviation: 'GMT',
    elevation: place?.elevation,
    current_units: { time: 'iso8601', interval: 'seconds', temperature_2m: '°C' },
    current: {
      time: '2026-11-21T12:00',
      interval: 900,
      temperature_2m: 17.4,
      apparent_temperature: 16.1,
      relative_humidity_2m: 71,
      weather_code: 61,
      wind_speed_10m: 14.2,
    },
    daily_units: { time: 'iso8601' },
    daily: {
      time: Array.from({ length: days }, (_, at) => `2026-11-${21 + at}`),
      weather_code: daily(3),
      temperature_2m_max: daily(18.2),
      temperature_2m_min: daily(11.9),
      precipitation_probability_max: daily(null),
    },
  };
}
