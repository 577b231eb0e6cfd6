import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedPerson } from '@parley/simulator/discord';
import { type ResponseEnd, SimulatedGemini } from '@parley/simulator/models';
import { tone } from '../support/sound/sound.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { type StartedOptions, StartedWorld } from '../support/world/started-world.ts';

/** Anna sits with the bot, and asks in writing; the model answers each question by its number. */
async function seated(t: TestContext, options: StartedOptions = {}) {
  let answers = 0;
  const script = () => {
    answers += 1;
    return { say: { text: `Answer ${answers}.`, pcm: new Int16Array(4_800).fill(1_000) } };
  };
  const world = await StartedWorld.start({ script, hear: () => 'What is it?', ...options });
  t.after(() => world.close());
  const anna = await world.person('Anna');
  await world.join(anna);
  const asks = () => anna.command('/ask', { text: 'What is it?' });
  /** She asks, and the bot's next answer is written down. */
  const answered = async (timeoutMs = 25_000) => {
    const before = count(world, /Answer \d+\./g);
    await asks();
    await world.until('an answer', () => count(world, /Answer \d+\./g) > before, timeoutMs);
  };
  return { world, anna, asks, answered };
}

function count(world: StartedWorld, pattern: RegExp): number {
  return world.posts().match(pattern)?.length ?? 0;
}

async function speaks(person: SimulatedPerson): Promise<void> {
  await person.voice.speak({ pcm: tone({ hz: 300, ms: 700, rate: 48000 }), sampleRate: 48000, channels: 1 });
  await wait(1_200);
}

const requests = (world: StartedWorld) =>
  world.model.frames.filter(({ message }) => (message as { type?: string }).type === 'response.create').length;
const warned = (world: StartedWorld, text: RegExp) =>
  world.bot.log.some((line) => line.level >= 40 && text.test(JSON.stringify(line)));

describe('a bad day of a service', { concurrency: 2 }, () => {
  it('(OpenAI) is explained and got over: nobody waits in vain, and nobody is left', {
    timeout: 115_000,
  }, async (t) => {
    const { world, anna, asks, answered } = await seated(t);
    const { faults } = world.model;
    await answered();

    // What ends short is explained once, in the service's reason, and asked for once more.
    for (const [end, words, said] of [
      [{ status: 'incomplete', reason: 'content_filter' }, /content filter of OpenAI stopped/g, /content_filter/],
      [{ status: 'incomplete', reason: 'max_output_tokens' }, /long before it said anything/g, /max_output_tokens/],
      [
        { status: 'failed', error: { type: 'server_error', code: null, message: 'The server had an error.' } },
        /OpenAI had an error of its own/g,
        /server_error/,
      ],
    ] as const satisfies (readonly [ResponseEnd, RegExp, RegExp])[]) {
      faults.openai.responses.push(end);
      const before = requests(world);
      await answered();
      assert.equal(count(world, words), 1, world.posts());
      assert.equal(requests(world), before + 2);
      assert.ok(warned(world, said), `${said}`);
    }

    // An answer of nothing is asked for again without a word, and twice nothing is told.
    faults.openai.responses.push({ status: 'completed' });
    await answered();
    assert.equal(count(world, /had no answer/g), 0);
    faults.openai.responses.push({ status: 'completed' }, { status: 'completed' });
    const before = requests(world);
    await asks();
    await world.until(
      'the line about it',
      () => count(world, /The model had no answer, although I asked it twice/g) === 1,
    );
    await quietFor(500);
    assert.equal(requests(world), before + 2, 'not a third time');

    // A quota that is really used up is told as such.
    faults.refuse = { status: 429, body: { error: { code: 'insufficient_quota', message: 'Check your plan.' } } };
    world.model.dropAll();
    await world.until('the farewell', () => /account has no quota left/.test(world.posts()), 40_000);
    faults.refuse = undefined;

    // Before it is ready, any error ends the opening with its words.
    faults.openai.opening = {
      type: 'invalid_request_error',
      code: null,
      message: 'Country, region, or territory not supported.',
      param: null,
    };
    const { content } = await anna.command('/join');
    assert.match(content, /Country, region, or territory not supported/);
    faults.openai.opening = undefined;
    await world.join(anna);

    // What begins without an event, and what begins and never ends, blocks nothing.
    faults.openai.ignore['response.create'] = 1;
    await answered();
    faults.openai.lose['response.done'] = 1;
    await answered();
    await answered();
    faults.openai.ignore['response.create'] = 2;
    await answered();
    assert.ok(warned(world, /made anew/));

    // Verdicts of one message.
    faults.refuse = { status: 403, body: '<!DOCTYPE html><html>Blocked by the proxy</html>', times: 1 };
    world.model.closeAll(1007, 'Invalid frame payload data.');
    await answered();
    faults.refuse = { status: 429, headers: { 'retry-after': '5' }, body: { error: { type: 'requests' } }, times: 1 };
    world.model.dropAll();
    await answered();
    assert.equal(count(world, /too many requests for the moment/g), 1, world.posts());

    // What nobody can write down is said once.
    faults.openai.transcription = { type: 'invalid_request_error', code: 'model_not_found', message: 'No whisper.' };
    await speaks(anna);
    await speaks(anna);
    await world.until('the notice', () => count(world, /OpenAI cannot write down what you say: No whisper/g) === 1);
    faults.openai.transcription = undefined;
    assert.equal(world.guild.botVoiceChannelId, world.channelId);
  });

  it('(Gemini) is explained and got over, also where a handle is not answered', { timeout: 90_000 }, async (t) => {
    const { world, answered } = await seated(t, { protocol: 'gemini', simulated: { playbackClock: false } });
    const model = world.model as SimulatedGemini;
    assert.ok(model instanceof SimulatedGemini);
    await answered();
    model.faults.handles = 'silent';
    model.dropAll();
    await answered(40_000);
    model.faults.handles = { code: 1008, reason: 'The caller does not have permission.' };
    for (const [code, reason] of [
      [1007, 'Request contains an invalid argument.'],
      [1011, 'RESOURCE_EXHAUSTED: Maximum concurrent sessions'],
    ] as const) {
      model.closeAll(code, reason);
      await answered();
    }
    model.faults.refuse = { status: 429, headers: { 'retry-after': '1' }, body: {}, times: 2 };
    model.dropAll();
    await answered();
    assert.equal(world.guild.botVoiceChannelId, world.channelId);
  });
});
