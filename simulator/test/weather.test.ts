import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { SimulatedWeather } from '../src/shared/weather.ts';

let weather: SimulatedWeather;
async function get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(weather.url + path);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('SimulatedWeather', () => {
  afterEach(() => weather.close());

  it('finds a place by name and leaves results out where there is none', async () => {
    weather = await SimulatedWeather.start();
    const { body } = await get('/v1/search?name=berlin&count=1');
    const [place] = body.results as { name: string; timezone: string; latitude: number }[];
    assert.deepEqual([place?.name, place?.timezone, place?.latitude], ['Berlin', 'Europe/Berlin', 52.52437]);
    assert.equal('results' in (await get('/v1/search?name=Atlantis')).body, false);
  });

  it('gives the asked variables, now and by day, with their units', async () => {
    weather = await SimulatedWeather.start();
    const query = 'current=temperature_2m,weather_code&daily=temperature_2m_max&timezone=auto&forecast_days=2';
    const { body } = await get(`/v1/forecast?latitude=52.5&longitude=13.4&${query}`);
    assert.deepEqual(Object.keys(body.current as object), ['time', 'interval', 'temperature_2m', 'weather_code']);
    assert.deepEqual(body.daily_units, { time: 'iso8601', temperature_2m_max: '°C' });
    assert.deepEqual((body.daily as { temperature_2m_max: number[] }).temperature_2m_max, [13.8, 13.8]);
    assert.equal(body.timezone, 'Europe/Berlin');
  });

  it('refuses what the service refuses, with a reason', async () => {
    weather = await SimulatedWeather.start();
    assert.deepEqual(await get('/v1/forecast?latitude=1&longitude=1&daily=weather_code'), {
      status: 400,
      body: { error: true, reason: 'Timezone is required' },
    });
    assert.equal((await get('/v1/forecast?latitude=1&longitude=1&current=mood')).status, 400);
    weather.refuse = 429;
    assert.equal((await get('/v1/search?name=Berlin')).status, 429);
    assert.equal(weather.requests.length, 3);
  });
});
