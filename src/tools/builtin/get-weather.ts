import { z } from 'zod';
import { defineTool, type Tool, ToolError } from '../tool.ts';

/** https://open-meteo.com/en/docs/geocoding-api; `results` is absent when nothing was found. */
const Places = z.object({
  results: z
    .array(
      z.object({
        name: z.string(),
        latitude: z.number(),
        longitude: z.number(),
        country: z.string().optional(),
        country_code: z.string().optional(),
        admin1: z.string().optional(),
      }),
    )
    .optional(),
});
type Place = NonNullable<z.output<typeof Places>['results']>[number];

/** https://open-meteo.com/en/docs; a value can be null where a model has none. */
const number = z.number().nullable();
const Forecast = z.object({
  timezone: z.string(),
  current: z.object({
    time: z.string(),
    temperature_2m: number,
    apparent_temperature: number,
    relative_humidity_2m: number,
    weather_code: number,
    wind_speed_10m: number,
  }),
  daily: z.object({
    time: z.array(z.string()),
    weather_code: z.array(number),
    temperature_2m_max: z.array(number),
    temperature_2m_min: z.array(number),
    precipitation_probability_max: z.array(number),
  }),
});

const CURRENT = 'temperature_2m,apparent_temperature,relative_humidity_2m,weather_code,wind_speed_10m';
const DAILY = 'weather_code,temperature_2m_max,temperature_2m_min,precipitation_probability_max';

/** WMO code 4677 as Open-Meteo uses it (https://open-meteo.com/en/docs, "WMO Weather interpretation codes"). */
const WEATHER: Readonly<Record<number, string>> = {
  0: 'clear sky',
  1: 'mainly clear',
  2: 'partly cloudy',
  3: 'overcast',
  45: 'fog',
  48: 'freezing fog',
  51: 'light drizzle',
  53: 'drizzle',
  55: 'dense drizzle',
  56: 'light freezing drizzle',
  57: 'dense freezing drizzle',
  61: 'light rain',
  63: 'rain',
  65: 'heavy rain',
  66: 'light freezing rain',
  67: 'heavy freezing rain',
  71: 'light snowfall',
  73: 'snowfall',
  75: 'heavy snowfall',
  77: 'snow grains',
  80: 'light rain showers',
  81: 'rain showers',
  82: 'violent rain showers',
  85: 'light snow showers',
  86: 'heavy snow showers',
  95: 'thunderstorm',
  96: 'thunderstorm with light hail',
  99: 'thunderstorm with heavy hail',
};

/** Weather from Open-Meteo, which needs no key. The URLs are its two bases, without a trailing slash. */
export function getWeather(options: { forecastUrl: string; geocodingUrl: string }): Tool {
  return defineTool({
    name: 'get_weather',
    description: 'Tells the current weather in a place and the forecast for the next days (°C, km/h).',
    input: z.object({
      place: z.string().trim().min(2).max(100).describe('City, or "city, country"; such as "Lisbon" or "Paris, Texas"'),
      days: z.int().min(1).max(7).optional().describe('Days of forecast, today included; 2 when left out'),
    }),
    risk: 'read',
    async run({ place, days = 2 }, { signal }) {
      const found = await find(options.geocodingUrl, place, signal);
      const query = { latitude: found.latitude, longitude: found.longitude, current: CURRENT, daily: DAILY };
      const url = addressOf(options.forecastUrl, 'v1/forecast', { ...query, timezone: 'auto', forecast_days: days });
      return summary(found, await ask(url, Forecast, signal));
    },
  });
}

/** Open-Meteo searches for the bare name; what follows a comma chooses among places of that name. */
async function find(base: string, wanted: string, signal: AbortSignal): Promise<Place> {
  const [name = '', ...rest] = wanted.split(',').map((part) => part.trim());
  const url = addressOf(base, 'v1/search', { name, count: 10, language: 'en', format: 'json' });
  const { results = [] } = await ask(url, Places, signal);
  const hints = rest.filter(Boolean).map((hint) => hint.toLowerCase());
  const fits = (place: Place) => {
    const parts = [place.country, place.country_code, place.admin1].map((part) => part?.toLowerCase());
    return hints.every((hint) => parts.includes(hint));
  };
  const place = results.find(fits) ?? results[0];
  if (place) return place;
  throw new ToolError(`No place with the name ${JSON.stringify(wanted)} was found. Ask for the nearest larger town.`);
}

function addressOf(base: string, path: string, query: Record<string, string | number>): URL {
  const url = new URL(`${base}/${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return url;
}

async function ask<Shape extends z.ZodType>(url: URL, shape: Shape, signal: AbortSignal): Promise<z.output<Shape>> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
    body = await response.json().catch((error: unknown) => {
      signal.throwIfAborted();
      return error instanceof SyntaxError ? undefined : Promise.reject(error);
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new ToolError('The weather service cannot be reached at the moment.', { cause: error });
  }
  if (response.status === 429) throw new ToolError('The weather service has had too many questions; try again later.');
  if (!response.ok) throw new ToolError(`The weather service answered with an error (HTTP ${response.status}).`);
  const parsed = shape.safeParse(body);
  if (!parsed.success) throw new ToolError('The weather service gave an answer that cannot be understood.');
  return parsed.data;
}

function summary(place: Place, { current, daily, timezone }: z.output<typeof Forecast>) {
  return {
    place: [place.name, place.admin1, place.country]
      .filter((part, at, all) => part && all.indexOf(part) === at)
      .join(', '),
    now: {
      time: current.time,
      timezone,
      sky: skyOf(current.weather_code),
      temperatureC: current.temperature_2m,
      feelsLikeC: current.apparent_temperature,
      humidityPercent: current.relative_humidity_2m,
      windKmh: current.wind_speed_10m,
    },
    days: daily.time.map((date, at) => ({
      date,
      sky: skyOf(daily.weather_code[at]),
      lowC: daily.temperature_2m_min[at] ?? null,
      highC: daily.temperature_2m_max[at] ?? null,
      rainPercent: daily.precipitation_probability_max[at] ?? null,
    })),
  };
}

function skyOf(code: number | null | undefined): string {
  return WEATHER[code ?? -1] ?? 'unknown';
}
