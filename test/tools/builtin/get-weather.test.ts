import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { getWeather } from '../../../src/tools/builtin/get-weather.ts';
import { LocalToolbox } from '../../../src/tools/toolbox.ts';
import { keptLog } from '../../support/doubles/log.ts';
import { startOpenMeteo } from '../../support/doubles/open-meteo.ts';
import { usualGate } from '../../support/doubles/toolbox-gate.ts';
import { callOf, contextOf } from '../context.ts';

async function setUp(context: TestContext) {
  const meteo = await startOpenMeteo();
  context.after(() => meteo.close());
  const { log, lines } = keptLog();
  const toolbox = new LocalToolbox({
    ...usualGate,
    tools: [getWeather({ forecastUrl: meteo.url, geocodingUrl: meteo.url })],
    log,
  });
  const ask = async (args: unknown, signal = new AbortController().signal) => {
    const result = await toolbox.run(callOf('get_weather', args), [], contextOf({ signal }));
    return { ok: result.ok, value: JSON.parse(result.output) };
  };
  return { meteo, ask, log: lines };
}

test('the weather of a place comes in words and numbers', async (context) => {
  const { ask, meteo } = await setUp(context);
  assert.deepEqual(await ask({ place: 'Lisbon', days: 1 }), {
    ok: true,
    value: {
      place: 'Lisbon, Portugal',
      now: {
        time: '2026-11-21T12:00',
        timezone: 'Europe/Lisbon',
        sky: 'light rain',
        temperatureC: 17.4,
        feelsLikeC: 16.1,
        humidityPercent: 71,
        windKmh: 14.2,
      },
      days: [{ date: '2026-11-21', sky: 'overcast', lowC: 11.9, highC: 18.2, rainPercent: null }],
    },
  });
  assert.equal(meteo.requests[0]?.searchParams.get('name'), 'Lisbon');
  assert.equal(meteo.requests[1]?.searchParams.get('timezone'), 'auto');
});

test('two days are told when no number was asked for', async (context) => {
  const { ask } = await setUp(context);
  assert.equal((await ask({ place: 'Lisbon' })).value.days.length, 2);
});

test('what follows a comma chooses among places of one name', async (context) => {
  const { ask } = await setUp(context);
  assert.equal((await ask({ place: 'Paris' })).value.place, 'Paris, Île-de-France, France');
  assert.equal((await ask({ place: 'paris, texas' })).value.place, 'Paris, Texas, United States');
  assert.equal((await ask({ place: 'Paris, US' })).value.place, 'Paris, Texas, United States');
});

test('a place that does not exist is told as such', async (context) => {
  const { ask, log } = await setUp(context);
  assert.deepEqual(await ask({ place: 'Atlantis' }), {
    ok: false,
    value: { error: 'No place with the name "Atlantis" was found. Ask for the nearest larger town.' },
  });
  assert.equal(log.length, 0);
});

test('an error, a refusal and nonsense of the service are clear results', async (context) => {
  const { ask, meteo } = await setUp(context);
  const answer = (status: number, body: string) => {
    meteo.respond = (_, response) => response.writeHead(status).end(body);
    return ask({ place: 'Lisbon' });
  };
  assert.match((await answer(500, 'oops')).value.error, /HTTP 500/);
  assert.match((await answer(400, '{"error":true,"reason":"x"}')).value.error, /HTTP 400/);
  assert.match((await answer(429, '{}')).value.error, /too many questions/);
  assert.match((await answer(200, '<html>')).value.error, /cannot be understood/);
  assert.match((await answer(200, '{"results":[{"name":7}]}')).value.error, /cannot be understood/);
});

test('a service that hangs up or is not there is said to be out of reach', async (context) => {
  const { ask, meteo } = await setUp(context);
  meteo.respond = (request) => request.socket.destroy();
  assert.match((await ask({ place: 'Lisbon' })).value.error, /cannot be reached/);
  await meteo.close();
  assert.match((await ask({ place: 'Lisbon' })).value.error, /cannot be reached/);
});

test('a redirect is not followed', async (context) => {
  const { ask, meteo } = await setUp(context);
  meteo.respond = (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end();
  assert.match((await ask({ place: 'Lisbon' })).value.error, /cannot be reached/);
  assert.equal(meteo.requests.length, 1);
});

test('cancelling the call drops the request', async (context) => {
  const { ask, meteo } = await setUp(context);
  const controller = new AbortController();
  const dropped = new Promise<void>((resolve) => {
    meteo.respond = (request) => {
      request.socket.on('close', () => resolve());
      controller.abort();
    };
  });
  assert.match((await ask({ place: 'Lisbon' }, controller.signal)).value.error, /cancelled/);
  await dropped;
});
