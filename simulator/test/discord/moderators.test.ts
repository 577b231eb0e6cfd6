import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Events } from 'discord.js';
import { request, startBot, startDiscord } from './bot.ts';

test('a form is refused where it breaks the rules of Discord, and comes back as discord.js reads it', async (t) => {
  const discord = await startDiscord(t);
  const guild = discord.createGuild();
  const text = guild.createTextChannel();
  const bot = await startBot(discord);
  const ann = guild.addPerson({ name: 'Ann' });
  const input = { type: 4, custom_id: 'words', style: 2, max_length: 10 };
  const label = { type: 18, label: 'Words', component: input };
  const form = (change: object) => ({ custom_id: 'form', title: 'A form', components: [label], ...change });
  const WRONG: readonly (readonly [object, string])[] = [
    [form({ title: 'x'.repeat(46) }), 'title'],
    [form({ custom_id: 'x'.repeat(101) }), 'custom_id'],
    [form({ components: [] }), 'components'],
    [form({ components: Array(6).fill(label) }), 'components'],
    [form({ components: [input] }), 'components'],
    [form({ components: [{ type: 1, components: [input] }] }), 'components'],
    [form({ components: [{ ...label, label: 'x'.repeat(46) }] }), 'components'],
    [form({ components: [{ ...label, component: { ...input, style: 3 } }] }), 'components'],
    [form({ components: [{ ...label, component: { ...input, max_length: 4_001 } }] }), 'components'],
    [form({ components: [label, label] }), 'components'],
  ];
  const refusals: unknown[] = [];
  bot.on(Events.InteractionCreate, async (interaction) => {
    if (interaction.isModalSubmit()) {
      await interaction.reply({ content: `Read: ${interaction.fields.getTextInputValue('words')}`, flags: 64 });
      return;
    }
    const callback = `/interactions/${interaction.id}/${interaction.token}/callback`;
    for (const [data, fault] of WRONG) {
      const { status, json } = await request(discord, 'POST', callback, { type: 9, data });
      refusals.push([status, json.code, Object.keys(json.errors.data), fault]);
    }
    await request(discord, 'POST', callback, { type: 9, data: form({}) });
  });
  const button = { type: 2, style: 2, custom_id: 'open', label: 'Open' };
  const body = { content: 'x', components: [{ type: 1, components: [button] }] };
  await request(discord, 'POST', `/channels/${text}/messages`, body);
  const message = await guild.waitForMessage(text, ({ content }) => content === 'x');
  const { modal } = await ann.press(message, 'open');
  assert.deepEqual(
    refusals,
    WRONG.map(([, fault]) => [400, 50035, [fault], fault]),
  );
  await assert.rejects(ann.submit(message, modal, { words: '' }), /needs at least 1 character/);
  await assert.rejects(ann.submit(message, modal, { words: 'x'.repeat(11) }), /at most 10 characters/);
  await assert.rejects(ann.submit(message, modal, { other: 'x' }), /needs at least 1|has no input/);
  assert.equal((await ann.submit(message, modal, { words: 'so 😀' })).content, 'Read: so 😀');
});

test('the rules of AutoMod are for bots that may manage the server, and hold their limits', async (t) => {
  const discord = await startDiscord(t);
  const guild = discord.createGuild();
  const path = `/guilds/${guild.id}/auto-moderation/rules`;
  const refused = await request(discord, 'GET', path);
  assert.deepEqual([refused.status, refused.json.code], [403, 50013]);
  const { autoMod } = guild;
  assert.throws(() => autoMod.create({ name: 'x', type: 1, keywords: ['x'.repeat(61)] }), { code: 50035 });
  assert.throws(() => autoMod.create({ name: 'x', type: 1, patterns: Array(11).fill('x') }), { code: 50035 });
  assert.throws(() => autoMod.create({ name: 'x', type: 2 }), { code: 50035 });
  for (let nth = 0; nth < 6; nth++) autoMod.create({ name: `rule ${nth}`, type: 1, keywords: ['a*'], allowed: ['ab'] });
  assert.throws(() => autoMod.create({ name: 'seventh', type: 1 }), { code: 50035 });
  const own = [...guild.roles.values()].find(({ managed }) => managed);
  assert.ok(own);
  own.permissions |= 32n;
  const { status, json } = await request(discord, 'GET', path);
  assert.equal(status, 200);
  assert.equal(json.length, 6);
  assert.deepEqual(json[0].trigger_metadata, { keyword_filter: ['a*'], regex_patterns: [], allow_list: ['ab'] });
});
