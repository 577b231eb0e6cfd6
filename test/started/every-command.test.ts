import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Answer, Json, SimulatedPerson, StoredMessage } from '@parley/simulator/discord';
import type { ScriptedReply } from '@parley/simulator/models';
import { PermissionFlagsBits } from 'discord.js';
import { tone } from '../support/sound/sound.ts';
import { StartedWorld } from '../support/world/started-world.ts';

const SOUND = { pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 as const };
const words = (text: string): ScriptedReply => ({ say: { text, pcm: tone({ hz: 1700, ms: 200, rate: 24000 }) } });
const IN_TIME = { timeoutMs: 10_000 };
/** A tool of the operator's own that brings a file. */
const PLOT = `import { defineTool } from 'parley/tool';
import { z } from 'zod';
export default defineTool({
  name: 'plot', description: 'Draws.', input: z.object({}), risk: 'read',
  run: (_, { attach }) => { attach({ files: [{ name: 'plot.png', bytes: Buffer.from([1, 2, 3]) }] }); return { drawn: true }; },
});
`;
/** A tool that lasts until somebody cancels it. */
const WAIT = `import { defineTool } from 'parley/tool';
import { z } from 'zod';
export default defineTool({
  name: 'wait', description: 'Waits.', input: z.object({}), risk: 'read', blocking: false,
  run: () => new Promise(() => {}),
});
`;

/** One process for all, in the order in which a server might use it. What a person reads is written out. */
describe('in the process that npm start starts, everything is answered', () => {
  const tools = mkdtempSync(join(tmpdir(), 'parley-every-'));
  const used = new Set<string>();
  let world: StartedWorld;
  let mods = '';
  let people: Record<'mia' | 'anna' | 'ben', SimulatedPerson>;
  let said = '';
  let reply: ScriptedReply = words('Fine.');

  before(async () => {
    writeFileSync(join(tools, 'plot.ts'), PLOT);
    writeFileSync(join(tools, 'wait.ts'), WAIT);
    world = await StartedWorld.start({
      way: 'npm',
      env: { TOOLS_DIR: tools },
      script: ({ toolResults }) => (toolResults.length > 0 ? words('Done.') : reply),
      hear: () => said,
      write: () => JSON.stringify({ statements: [{ text: 'They want cake.', lines: [1] }] }),
    });
    const { guild } = world;
    mods = guild.createTextChannel({ name: 'mods' });
    const manager = guild.createRole({
      name: 'Managers',
      permissions: ['ManageGuild', 'ManageMessages', 'MuteMembers'],
    });
    people = {
      mia: guild.addPerson({ name: 'Mia', roles: [manager] }),
      anna: await world.person('Anna'),
      ben: await world.person('Ben'),
    };
    const own = [...guild.roles.values()].find(({ managed }) => managed);
    assert.ok(own);
    const { MuteMembers, ModerateMembers, ManageGuild } = PermissionFlagsBits;
    own.permissions |= MuteMembers | ModerateMembers | ManageGuild;
    own.position = guild.roles.size + 1;
    guild.roleChanged(own);
  });
  after(async () => {
    await world.close();
    rmSync(tools, { recursive: true });
  });

  /** Every answer comes in time, is for the asker alone, and says more than that something went wrong. */
  const ask = async (
    who: keyof typeof people,
    typed: string,
    values: Json = {},
    channelId?: string,
  ): Promise<Answer> => {
    const answer = await people[who].command(typed, values, { ...IN_TIME, ...(channelId && { channelId }) });
    // On a loaded machine.
    await world.until('the answer', () => !answer.content.startsWith('This takes longer'));
    used.add(typed);
    assert.equal(answer.ephemeral, true, typed);
    assert.doesNotMatch(answer.content, /went wrong/, typed);
    return answer;
  };
  const manage = async (typed: string, values: Json = {}) => (await ask('mia', typed, values, mods)).content;
  const fileOf = ({ files, content }: Answer) => {
    assert.equal(files.length, 1, `a file comes with: ${content}`);
    return { name: files[0]?.name ?? '', bytes: Buffer.from(files[0]?.bytes ?? []) };
  };
  const press = (who: keyof typeof people, message: StoredMessage | null, label: string) => {
    const button = message?.components.flatMap(({ components }) => components).find((one: Json) => one.label === label);
    assert.ok(message && button, `there is a button ${label} below: ${message?.content}`);
    return people[who].press(message, button.custom_id, IN_TIME);
  };
  const post = (part: string | RegExp, channelId = world.channelId) =>
    world.guild.waitForMessage(channelId, ({ content }) =>
      part instanceof RegExp ? part.test(content) : content.includes(part),
    );
  /** Somebody speaks, the bot answers, and both stand in the chat. */
  const talk = async (who: keyof typeof people, text: string, answer = words(`To that: ${text}`)) => {
    said = text;
    reply = answer;
    await people[who].voice.speak(SOUND);
    await post(text);
  };

  it('what is set up before a conversation', async () => {
    assert.match((await ask('anna', '/status')).content, /^I am in no voice channel here\. .*Model: OpenAI/);
    assert.match((await ask('anna', '/missed')).content, /^I am in no conversation on this server\./);
    assert.match((await ask('anna', '/why')).content, /^I was in no conversation/);
    assert.match((await ask('anna', '/leave')).content, /no voice channel/);
    assert.match((await ask('anna', '/ask', { text: 'Hello?' })).content, /\/join/);
    assert.match((await ask('anna', '/report')).content, /^I have not heard anything in <#\d+>/);

    assert.match(await manage('/voice provider', { name: 'openai' }), /OpenAI/);
    assert.match(await manage('/voice model', { name: 'gpt-realtime-2.1' }), /gpt-realtime-2\.1/);
    assert.equal(
      await manage('/voice voice', { name: 'marin' }),
      'My voice: **marin**. It takes effect when I next join.',
    );
    assert.match(await manage('/voice persona', { text: 'You are a pirate.' }), /^My persona: “You are a pirate/);
    assert.match(await manage('/voice language', { tag: 'de' }), /^Language: German \(de\)\./);
    assert.match(await manage('/voice timezone', { zone: 'Berlin' }), /those of \*\*Europe\/Berlin\*\*/);
    assert.match(await manage('/voice silence', { milliseconds: 300 }), /^A turn ends after 300 ms of silence\./);
    assert.match(await manage('/voice interruption', { milliseconds: 120 }), /^Interruption: after 120 ms of speech\./);
    assert.match(
      await manage('/voice turns', { detection: 'manual' }),
      /^The ends of turns are drawn by Parley itself/,
    );
    assert.match(await manage('/voice reply', { form: 'voice' }), /^I speak my answers\./);
    const { id: bot } = world.discord.botUser;
    assert.match(await manage('/voice bots allow', { bot }), /^That is me/);
    assert.match(await manage('/voice bots deny', { bot }), /^That is me/);
    assert.match(await manage('/voice answer', { mode: 'always' }), /^I answer everybody\./);
    assert.match(await manage('/voice names', { list: 'Polly' }), /Polly/);
    assert.match(
      await manage('/voice leave-after', { alone: 5, idle: 60 }),
      /^I leave after 5 minutes alone or when nobody spoke for 60 minutes\./,
    );
    assert.match(await manage('/voice show'), /pirate/);

    assert.match(await manage('/transcript channel'), /^Transcripts go to the voice channel's own chat\./);
    assert.match(
      await manage('/transcript retention', { days: 7 }),
      /^I keep what is said for 7 days; .* delete those there\.$/,
    );
    assert.match(
      await manage('/transcript live', { mode: 'on' }),
      /^What is said is posted into the voice channel's own chat\./,
    );
    assert.match(await manage('/transcript readers list'), /^Nobody is named/);
    assert.match(await manage('/transcript readers add', { who: people.anna.userId }), /may read what was said/);
    assert.match(await manage('/transcript readers remove', { who: people.anna.userId }), /is not named any more/);

    assert.match(await manage('/usage budget', { amount: 5 }), /\$5/);
    assert.match(
      await manage('/privacy mode', { mode: 'opt-out' }),
      /^From now on I hear everybody who has not said `\/privacy out`\./,
    );
    assert.match((await ask('anna', '/privacy about')).content, /OpenAI/);

    assert.match(await manage('/tools servers'), /^There are no MCP servers\./);
    assert.match(await manage('/tools disable', { tool: 'roll_dice' }), /^`roll_dice` is switched off\./);
    assert.match(await manage('/tools enable', { tool: 'roll_dice' }), /^`roll_dice` is switched on\./);
    const everyone = { who: world.guild.id };
    assert.match(
      await manage('/tools allow', { tool: 'mute_member', ...everyone }),
      /^`mute_member` is now for everybody/,
    );
    assert.match(await manage('/tools deny', { tool: 'start_poll', ...everyone }), /`start_poll`/);

    assert.match(await manage('/rules list'), /There are no rules yet/);
    assert.equal(await manage('/rules add', { words: 'bad*, dull' }), '2 rules added.');
    assert.match(await manage('/rules test', { text: 'that is bad' }), /^1 rule would be hit:/);
    assert.equal(await manage('/rules remove', { rule: 2 }), 'Rule 2 is removed.');
    assert.match(await manage('/rules channel', { channel: mods }), /^Moderators see cards and reports in <#\d+>\./);
    assert.match(await manage('/rules mode', { mode: 'card' }), /Moderators see a card in <#\d+>\.$/);
    assert.match(await manage('/rules import'), /^AutoMod has no words here that I could take\.$/);
  });

  it('what is proposed while somebody types', async () => {
    const typing: readonly (readonly [string, string, string, RegExp])[] = [
      ['/voice provider', 'name', '', /OpenAI/],
      ['/voice model', 'name', 'gpt', /gpt-realtime/],
      ['/voice voice', 'name', 'mar', /marin/],
      ['/voice language', 'tag', 'ger', /German/],
      ['/tools test', 'tool', 'dice', /roll_dice/],
      ['/tools disable', 'tool', 'plot', /plot/],
      ['/rules remove', 'rule', 'bad', /1 word: bad/],
    ];
    for (const [typed, option, partial, wanted] of typing) {
      const choices = await people.mia.autocomplete(typed, option, partial, {}, { ...IN_TIME, channelId: mods });
      assert.match(choices.map(({ name }) => name).join(), wanted, typed);
    }
  });

  it('a conversation, with its buttons and forms', async () => {
    assert.match((await ask('anna', '/join', { mode: 'talk' })).content, /^I am in <#\d+>/);
    await talk('anna', 'is there any cake?');
    await post('To that: is there any cake?');
    assert.match((await ask('anna', '/ask', { text: 'And tea?' })).content, /^I answer in <#\d+>\. You asked: And tea/);
    await post('And tea?');
    assert.match((await ask('anna', '/status')).content, /\*\*Turns:\*\* [1-9]/);
    assert.match((await ask('anna', '/why')).content, /<t:\d+:T> /);
    assert.match((await ask('mia', '/missed')).content, /cake/);

    await talk('ben', 'this is bad', words('Fine.'));
    const card = await post(/^\*\*Rule hit\*\*/, mods);
    const { modal } = await press('mia', card, 'Note');
    const noted = await people.mia.submit(card, modal, { words: 'I spoke to him.' }, IN_TIME);
    assert.equal(noted.content, 'Noted on the card.');
    assert.equal((await press('mia', card, 'Mute')).content, 'Muted for everybody in voice.');
    assert.equal(people.ben.member.mute, true);
    assert.match((await press('anna', card, 'Time out 10 min')).content, /^Only moderators/);
    assert.equal((await press('mia', card, 'Dismiss')).content, 'Dismissed.');
    assert.match(card.content, /\nNote by \*\*Mia\*\* <t:\d+:f>: I spoke to him\.\nMuted by .*\nDismissed by /);

    const report = await ask('anna', '/report', { person: people.ben.userId, reason: 'rude' });
    assert.match(
      report.content,
      /^I gave the moderators what was said in <#\d+> in the last five minutes, as report 1\./,
    );
    const reported = await post(/^\*\*Report/, mods);
    assert.deepEqual(
      reported.files.map(({ name }) => name),
      ['report-1.txt'],
    );
    assert.match(Buffer.from(reported.files[0]?.bytes ?? []).toString(), /this is bad/);
  });

  it('tools, with the files and buttons of their posts', async () => {
    const tried = await manage('/tools test', { tool: 'roll_dice', arguments: 'dice=2d6' });
    assert.match(tried, /^`roll_dice` brought:\n-# \*\*total:\*\* \d+\n/);
    await manage('/tools test', { tool: 'remember', arguments: 'text="Cake at four"' });
    assert.match((await ask('anna', '/notes list')).content, /^\*\*1\*\* Cake at four \(Mia, /);
    const [note] = await people.mia.autocomplete('/notes delete', 'note', '', {}, IN_TIME);
    assert.match(await manage('/notes delete', { note: Number(note?.value) }), /^I have forgotten “Cake at four”\./);
    assert.match(await manage('/reminders timezone', { zone: 'Tokyo' }), /I take it as \*\*Asia\/Tokyo\*\*/);
    await manage('/tools test', { tool: 'remind_me', arguments: 'text=Tea when="in 30 minutes"' });
    assert.match(await manage('/reminders list'), /^\*\*1\*\* <t:\d+:R>: Tea/);
    const [reminder] = await people.mia.autocomplete('/reminders delete', 'reminder', '', {}, IN_TIME);
    assert.equal(await manage('/reminders delete', { reminder: Number(reminder?.value) }), 'Reminder 1 is cancelled.');

    await talk('anna', 'draw me something', { calls: [{ name: 'plot', arguments: {} }] });
    const plotted = await post('plot()');
    await world.until('the picture', () => plotted.files.length === 1);
    assert.match((await press('anna', plotted, 'Run again')).content, /^I am running it again/);
    await talk('anna', 'wait a little', { calls: [{ name: 'wait', arguments: {} }] });
    const waiting = await post('wait()');
    await world.until('its button', () => waiting.components.length > 0);
    assert.equal((await press('anna', waiting, 'Cancel')).content, 'I cancelled it.');
    await people.mia.join(world.channelId);
    await talk('mia', 'unmute him', { calls: [{ name: 'mute_member', arguments: { person: 'Ben', muted: false } }] });
    const question = await post(/Unmute .*Ben/);
    await world.until('its buttons', () => question.components.length > 0);
    assert.equal((await press('mia', question, 'Confirm')).content, 'Confirmed.');
    await world.until('the deed', () => !people.ben.member.mute);
  });

  it('files, each as its reader opens it', async () => {
    for (const [format, head] of [
      ['html', '<!doctype html>'],
      ['txt', ''],
      ['md', '# '],
      ['json', '{'],
      ['csv', ''],
      ['srt', '1\n'],
      ['vtt', 'WEBVTT'],
    ] as const) {
      const { name, bytes } = fileOf(await ask('anna', '/transcript export', { format }));
      assert.match(name, new RegExp(`^transcript-.*\\.${format}$`));
      const text = bytes.toString().replace(/^\ufeff/, '');
      assert.ok(text.toLowerCase().startsWith(head.toLowerCase()), `${format}: ${text.slice(0, 80)}`);
      assert.match(text, /is there any cake\?/, format);
    }
    const own = fileOf(await ask('anna', '/privacy export'));
    assert.match(own.name, /^parley-\d+\.json$/);
    assert.match(own.bytes.toString(), /is there any cake\?/);
    let shown = await ask('mia', '/usage show', {}, mods);
    // On a loaded machine the picture may not be drawn in time, and the table comes alone.
    for (let again = 0; again < 3 && shown.files.length === 0; again++)
      shown = await ask('mia', '/usage show', {}, mods);
    const picture = fileOf(shown);
    assert.equal(picture.name, 'usage.png');
    assert.deepEqual([...picture.bytes.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    const list = fileOf(await ask('mia', '/tools list', {}, mods));
    assert.equal(list.name, 'tools.txt');
    assert.match(list.bytes.toString(), /`plot`: Draws\./);
  });

  it('what is read afterwards, and what is forgotten', async () => {
    assert.match((await ask('anna', '/transcript search', { text: 'cake' })).content, /> is there any \*\*cake\*\*/);
    assert.match((await ask('anna', '/transcript summary')).content, /They want cake/);
    assert.match(await manage('/transcript audit'), /\*\*Anna\*\* .* exported: vtt/);
    assert.match((await ask('ben', '/privacy show')).content, /^On this server I keep of you/);
    assert.match((await ask('ben', '/privacy out')).content, /^I do not hear you any more/);
    assert.match((await ask('ben', '/privacy in')).content, /^I hear you on this server from now on/);
    const asked = await ask('ben', '/privacy forget');
    assert.match((await press('ben', asked.message, 'Delete it for good')).content, /^It is done/);
    assert.match((await ask('anna', '/leave')).content, /left|<#\d+>/);
  });

  it('nothing was left out', () => {
    const paths = (path: string, { options = [] }: Json): string[] => {
      const inner = options.filter(({ type }: Json) => type <= 2);
      return inner.length === 0 ? [path] : inner.flatMap((one: Json) => paths(`${path} ${one.name}`, one));
    };
    const all = world.discord.commands.list('').flatMap((command) => paths(`/${command.name}`, command));
    assert.equal(all.length > 50, true);
    assert.deepEqual(
      all.filter((path) => !used.has(path)),
      [],
    );
    // A person who is forgotten is not to stand in the model's session either, so that begins anew.
    const expected = ['the connection to the model is made anew', 'the picture of the usage could not be drawn'];
    const bad = world.bot.log.filter(({ level, msg }) => level >= 40 && !expected.includes(msg)).map(({ msg }) => msg);
    assert.deepEqual(bad, []);
  });
});
