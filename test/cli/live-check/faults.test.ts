import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { answers, LiveCheckWorld, marked, rowsOf, understands } from '../../support/world/live-check.ts';

/** On a busy machine the check takes longer than the minute that it says. */
const LONG = { timeout: 240_000 } as const;
const MESSAGES = /^\/channels\/\d+\/messages(\?|$)/;

describe('what npm run live-check finds', { concurrency: 3 }, () => {
  it('says which words, names, answers and sounds are not as they should be', LONG, async (t) => {
    // Too late, slower than it is to be played, one sentence misheard and one under another name; no file may be sent.
    const hear = understands([
      'Bananas are yellow when summer ends.',
      'The old clock in the kitchen is slow.',
      'The morning train was early today.',
      'Please tell me a story about a green boat.',
      'Thank you. That is enough for now.',
    ]);
    const world = await LiveCheckWorld.start({ hear, script: answers({ delayMs: 3_500, speed: 0.5 }) });
    t.after(() => world.close());
    world.guild.onMessage(({ message }) => {
      message.content = message.content.replace('**Checkmate:** The old', '**Hazel:** The old');
    });
    const withFile = ({ body }: { body: unknown }) =>
      ((body as { attachments?: unknown[] })?.attachments ?? []).length > 0;
    const fault = { kind: 'status', status: 413, code: 40_005, message: 'Request entity too large' } as const;
    world.discord.restFaults.add({ method: 'POST', path: MESSAGES, when: withFile, fault });
    const check = world.run();
    assert.equal(await check.exit(150_000), 1, check.stdout);
    const rows = rowsOf(check.stdout);
    for (const name of ['One alone: the answer', 'One alone: its sound', 'One alone: the words', 'Names', 'A file']) {
      assert.equal(rows.get(name)?.mark, '✗', `${name}\n${check.stdout}`);
    }
    assert.match(rows.get('Names')?.text ?? '', /^3 of 4 sentences /);
    assert.match(check.stdout, /first sound after [4-9]\.\d s .*≤ 3\.0 s/);
    assert.match(check.stdout, /→ The sound has holes/);
    assert.match(check.stdout, /→ .*a file is too large/);
    for (const name of ['Two with a cut: the words', 'It leaves'])
      assert.equal(rows.get(name)?.mark, '✓', check.stdout);
  });

  it('says that the model neither answers nor writes down', LONG, async (t) => {
    const world = await LiveCheckWorld.start({ hear: () => '', script: () => ({ silent: true }) });
    t.after(() => world.close());
    const check = world.run();
    assert.equal(await check.exit(150_000), 1, check.stdout);
    const rows = rowsOf(check.stdout);
    assert.match(rows.get('One alone: the answer')?.text ?? '', /^no sound within 15\.0 s/);
    assert.equal(rows.get('Over the answer')?.mark, '·');
    for (const name of ['One alone: the words', 'Two with a cut: the words', 'Posts']) {
      assert.equal(rows.get(name)?.mark, '✗', `${name}\n${check.stdout}`);
    }
    assert.match(check.stdout, /→ Nothing was posted\. Did the model write down what it heard\?/);
    assert.equal(rows.get('Names')?.mark, '·');
  });

  it('says that nothing can be posted', LONG, async (t) => {
    const world = await LiveCheckWorld.start();
    t.after(() => world.close());
    const fault = { kind: 'status', status: 403, code: 50_013, message: 'Missing Permissions' } as const;
    world.discord.restFaults.add({ method: 'POST', path: MESSAGES, fault });
    const check = world.run();
    assert.equal(await check.exit(150_000), 1, check.stdout);
    const failed = marked(check.stdout, '✗');
    for (const name of ['The greeting', 'Posts', 'A file'])
      assert.ok(failed.includes(name), `${name}\n${check.stdout}`);
    assert.match(rowsOf(check.stdout).get('Posts')?.text ?? '', /^none of 5 sentences/);
  });

  it('says that there is no such model', LONG, async (t) => {
    const world = await LiveCheckWorld.start();
    t.after(() => world.close());
    const unknown = world.run({ env: { OPENAI_MODEL: 'gpt-realtime-99' } });
    assert.equal(await unknown.exit(90_000), 1, unknown.stdout);
    assert.deepEqual(marked(unknown.stdout, '✗'), ['The bot joins']);
    assert.match(unknown.stdout, /→ OpenAI does not know the model/);
    assert.match(unknown.stdout, /gpt-realtime-99: about an unknown amount/);
  });

  it('says that the model never says a word', LONG, async (t) => {
    const world = await LiveCheckWorld.start();
    t.after(() => world.close());
    world.openai.faults.silentSetup = true;
    const silent = world.run();
    assert.equal(await silent.exit(120_000), 1, silent.stdout);
    assert.deepEqual(marked(silent.stdout, '✗'), ['The bot joins']);
    assert.deepEqual(world.guild.places.in(world.channelId), []);
  });

  it('says that the voice server refuses', LONG, async (t) => {
    const world = await LiveCheckWorld.start();
    t.after(() => world.close());
    const { links } = world.discord.voice;
    links.closeOnIdentify = 4006;
    const refused = world.run();
    assert.equal(await refused.exit(90_000), 1, refused.stdout);
    assert.deepEqual(marked(refused.stdout, '✗'), ['The second bot joins']);
    assert.match(refused.stdout, /→ The voice server closed its websocket with 4006\./);
    assert.ok(world.discord.voice.identifies <= 4, `${world.discord.voice.identifies} identifies`);
  });

  it('says that UDP does not get through', LONG, async (t) => {
    const world = await LiveCheckWorld.start();
    t.after(() => world.close());
    const { links } = world.discord.voice;
    links.loseDiscoveries = 1_000;
    const blocked = world.run();
    assert.equal(await blocked.exit(90_000), 1, blocked.stdout);
    assert.deepEqual(marked(blocked.stdout, '✗'), ['The second bot joins']);
    assert.match(blocked.stdout, /→ The voice server did not answer over UDP within 15 s/);
    assert.deepEqual(world.guild.places.in(world.channelId), []);
  });

  it('outlives its own voice library, and goes on with the next provider', LONG, async (t) => {
    const world = await LiveCheckWorld.start();
    t.after(() => world.close());
    const check = world.run({ args: ['--yes', '--providers'], env: world.geminiEnv });
    await check.says('The greeting', 120_000);
    // @discordjs/voice reads the sequence of a keep-alive from a datagram that is too short for it, and throws.
    const seat = { guildId: world.guild.id, userId: world.second.user.id };
    await world.discord.voice.inject(seat, Buffer.alloc(10, 1), 'server');
    assert.equal(await check.exit(180_000), 1, check.stdout);
    const [first = '', second = ''] = check.stdout.split('\ngemini, gemini-3.8-live\n');
    assert.match(first, /→ The second bot ended by itself \(exit code \d+\)/);
    assert.ok(marked(first, '✗').includes('The conversation'), check.stdout);
    assert.match(rowsOf(second).get('Names')?.text ?? '', /^5 of 5 sentences /, check.stdout);
  });

  it('has the bot leave when five cents are spent', LONG, async (t) => {
    const world = await LiveCheckWorld.start();
    t.after(() => world.close());
    const prices = join(world.folder, 'prices.json');
    const dear = { textIn: 4, cachedTextIn: 0.4, textOut: 24, audioIn: 32, cachedAudioIn: 0.4, audioOut: 6_400 };
    writeFileSync(prices, JSON.stringify({ 'gpt-realtime-2.1': dear }));
    const check = world.run({ env: { PRICES_FILE: prices } });
    assert.equal(await check.exit(120_000), 1, check.stdout);
    const failed = marked(check.stdout, '✗');
    assert.ok(failed.includes('The conversation') && failed.includes('Cost'), check.stdout);
    assert.match(check.stdout, /→ The bot left, because the check has cost as much as it may\./);
    assert.equal(world.openai.turns.length < 5, true);
  });
});
