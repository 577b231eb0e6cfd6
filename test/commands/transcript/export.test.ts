import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PermissionFlagsBits } from 'discord.js';
import { unzipSync } from 'fflate';
import { sessionLabel } from '../../../commands/transcript/session-label.ts';
import { newLineId } from '../../../src/lib/line-ids.ts';
import { noSchemas, violations } from '../../support/world/published.ts';
import { conversationOf, type Said } from '../../support/world/recorded.ts';
import { furnish, type Rig, startRig } from '../rig.ts';

const NOW = Date.parse('2026-11-21T09:00:00Z');
const AT = Date.parse('2026-11-20T20:14:00Z');
const MINUTE = 60_000;

describe('/transcript export', () => {
  let rig: Rig;
  let conversations = 0;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.close());

  async function scene() {
    const furnished = await furnish(rig);
    const { guild } = furnished;
    const ben = guild.addPerson({ name: 'Ben' });
    const record = async (...said: Omit<Said, 'at'>[]): Promise<number> => {
      conversations += 1;
      const lines = said.map((one, index) => ({ ...one, at: AT + conversations * 3_600_000 + index * MINUTE }));
      await rig.recorded.write(conversationOf({ id: conversations, guildId: guild.id }, lines));
      return conversations;
    };
    const hide = (channelId: string): void => {
      const channel = guild.channels.get(channelId);
      assert.ok(channel);
      channel.overwrites.push({ id: guild.id, type: 0, allow: 0n, deny: PermissionFlagsBits.ViewChannel });
      guild.channelChanged(channel);
    };
    return { ...furnished, ben, record, hide };
  }
  const textOf = ({ files }: { files: readonly { bytes: Uint8Array }[] }) =>
    Buffer.from(files[0]?.bytes ?? []).toString();

  it('takes the last session as a page where nothing is chosen, and notes it', async () => {
    const { guild, voice, ben, record } = await scene();
    await record({ channelId: voice, userId: '77', name: 'Cléo', text: 'The first evening' });
    await record({ channelId: voice, userId: '77', name: 'Cléo', text: 'The <second> evening' });
    const answer = await ben.command('/transcript export');
    assert.ok(answer.ephemeral);
    assert.match(answer.content, /^The conversation of <t:\d+:f> in <#\d+> as a page to open in a browser: 1 line\.\n/);
    assert.match(answer.files[0]?.name ?? '', /\.html$/);
    assert.match(textOf(answer), /<p dir="auto">The &lt;second&gt; evening<\/p>/);
    assert.doesNotMatch(textOf(answer), /first evening/);
    const [note] = await rig.context.audit.page({ guildId: guild.id, limit: 5 });
    assert.deepEqual([note?.by.name, note?.act, note?.lines], ['Ben', 'export', 1]);
    assert.match(note?.what ?? '', /^html, 2026-11-2\d \d\d:\d\d UTC, Lounge$/);
  });

  it('takes another session in another form, chosen among those that are offered', async () => {
    const { voice, ben, record } = await scene();
    const first = await record({ channelId: voice, userId: '77', name: 'Cléo', text: 'One' });
    const second = await record({ channelId: voice, userId: '77', name: 'Cléo', text: 'Two' });
    const offered = await ben.autocomplete('/transcript export', 'session', '');
    assert.deepEqual(
      offered.map(({ value }) => value),
      [second, first],
    );
    assert.match(offered[0]?.name ?? '', / UTC, .*, 0 people, Lounge$/);
    assert.deepEqual(await ben.autocomplete('/transcript export', 'session', 'no such channel'), []);
    const answer = await ben.command('/transcript export', { session: first, format: 'Plain text' });
    assert.match(answer.files[0]?.name ?? '', /\.txt$/);
    assert.match(textOf(answer), /Cléo: One$/m);
  });

  it('has the times of the time zone of the server', async () => {
    const { guild, voice, ben, record } = await scene();
    await rig.settings.set(guild.id, { timeZone: 'Asia/Tokyo' });
    await record({ channelId: voice, userId: '77', name: 'Cléo', text: 'One' });
    const text = textOf(await ben.command('/transcript export', { format: 'Plain text' }));
    assert.match(text, /the time of day in Asia\/Tokyo\.$/m);
  });

  it('is made for what the asker may read when its turn comes, not when they asked', async () => {
    const { guild, voice, ben, record, hide } = await scene();
    const session = await record({ channelId: voice, userId: '77', name: 'Mia', text: 'The secret' });
    const conversation = {
      ...(await rig.context.record.conversations({ guildId: guild.id, channelIds: [voice], limit: 1 }))[0]!,
    };
    const held = Promise.withResolvers<boolean>();
    const before = rig.context.exports.make({
      ...{ conversation, format: 'txt', server: 'x', channel: 'y', fileLimitBytes: 2 ** 20 },
      mayRead: () => held.promise,
    });
    const answer = ben.command('/transcript export', { session });
    await new Promise((resolve) => setTimeout(resolve, 500));
    hide(voice);
    held.resolve(true);
    await before;
    const { content, files } = await answer;
    assert.match(content, /^You may not read what was said in that session/);
    assert.deepEqual(files, []);
  });

  it('neither offers nor takes what was said where the asker may not read', async () => {
    const { guild, voice, text, ben, anna, record, hide } = await scene();
    const hidden = guild.createVoiceChannel({ name: 'Board' });
    const secret = await record({ channelId: hidden, userId: '77', name: 'Mia', text: 'The secret' });
    await record(
      { channelId: voice, userId: '77', name: 'Mia', text: 'What all may read' },
      { channelId: voice, userId: '77', name: 'Zoe', text: 'What was posted elsewhere', postedIn: text },
    );
    hide(hidden);
    hide(text);
    const here = { channelId: voice };
    assert.equal((await ben.autocomplete('/transcript export', 'session', '', {}, here)).length, 1);
    const unknown =
      'I know no such session, or you may not read it. Choose one of those that are offered while you type.';
    for (const session of [secret, 999_999]) {
      assert.equal((await ben.command('/transcript export', { session }, here)).content, unknown);
    }
    const answer = await ben.command('/transcript export', { format: 'JSON: everything, for programs' }, here);
    assert.match(answer.content, /^Left out: 1 line from where you may not read\.$/m);
    assert.doesNotMatch(textOf(answer), /elsewhere|Zoe|secret/);
    const all = await anna.command('/transcript export', { session: secret, format: 'Plain text' }, here);
    assert.match(textOf(all), /Mia: The secret/);
  });

  it('gives of a conversation that was moved what was said where the asker may read, and does not name the rest', async () => {
    const { guild, voice, ben, record, hide } = await scene();
    const hidden = guild.createVoiceChannel({ name: 'Board' });
    await record({ channelId: voice, userId: '77', name: 'Mia', text: 'Another evening' });
    const moved = await record(
      { channelId: hidden, userId: '77', name: 'Mia', text: 'The secret' },
      { channelId: voice, userId: '77', name: 'Mia', text: 'What all may read' },
    );
    const at = AT + moved * 3_600_000 + 30_000;
    const notice = { conversationId: moved, guildId: guild.id, channelId: voice, startedAt: at, posts: [] };
    const [conversation] = await rig.context.record.conversations({
      guildId: guild.id,
      channelIds: [hidden],
      limit: 1,
    });
    assert.ok(conversation);
    const line = { ...notice, kind: 'notice', id: newLineId(at), text: 'I was moved.' } as const;
    await rig.recorded.write({ conversation, turns: [], lines: [line] });
    hide(hidden);
    const here = { channelId: voice };
    const offered = await ben.autocomplete('/transcript export', 'session', '', {}, here);
    assert.deepEqual(
      offered.map(({ value }) => value),
      [moved, moved - 1],
    );
    assert.match(offered[0]?.name ?? '', /, begun in a channel that you do not see$/);
    const answer = await ben.command('/transcript export', { session: moved, format: 'Plain text' }, here);
    assert.match(answer.content, / in a channel that you do not see as plain text: 2 lines\.\n/);
    assert.match(textOf(answer), /^begun in a channel that you do not see, /);
    assert.doesNotMatch(`${answer.content} ${textOf(answer)}`, /Board|secret/);
    assert.ok(!answer.content.includes(hidden));
  });

  it('finds the oldest of many sessions by what is typed', async () => {
    const { guild, voice, ben } = await scene();
    for (let id = 10_000; id < 10_500; id++) {
      const said = { at: AT - (10_500 - id) * 86_400_000, channelId: voice, userId: '77', name: 'Mia', text: 'Words' };
      await rig.recorded.write(conversationOf({ id, guildId: guild.id, endedAt: said.at + MINUTE }, [said]));
    }
    const offered = async (typed: string) =>
      (await ben.autocomplete('/transcript export', 'session', typed)).map(({ value }) => value);
    assert.deepEqual(
      await offered(''),
      Array.from({ length: 25 }, (_, at) => 10_499 - at),
    );
    assert.deepEqual(await offered('2025-07-08'), [10_000]);
    assert.deepEqual(await offered(' Tue 8 Jul 2025'), [10_000]);
  });

  it('is refused to whom the server did not name, where it named readers', async () => {
    const { guild, voice, ben, record } = await scene();
    await record({ channelId: voice, userId: '77', name: 'Mia', text: 'Words' });
    await rig.context.readers.add(guild.id, { kind: 'person', id: '12345' });
    assert.match(
      (await ben.command('/transcript export')).content,
      /^You may not read what was said here: .* Ask somebody who manages the server for `\/transcript readers add`\.$/,
    );
    assert.deepEqual(await ben.autocomplete('/transcript export', 'session', ''), []);
    assert.deepEqual(await rig.context.audit.page({ guildId: guild.id, limit: 5 }), []);
  });

  it('says that nothing was said yet', async () => {
    const { ben } = await scene();
    assert.equal(
      (await ben.command('/transcript export')).content,
      'Nothing was said yet that I still keep and that you may read.',
    );
  });

  it('zips what Discord would not take', async () => {
    const { guild, voice, ben } = await scene();
    const batch = conversationOf({ id: 900, guildId: guild.id }, [
      { at: AT, channelId: voice, userId: '77', name: 'Mia', text: 'Words' },
    ]);
    const pages = Array.from({ length: 11 }, (_, at) => ({
      ...batch.lines[0]!,
      kind: 'tool-call' as const,
      id: newLineId(AT + at),
      callId: `call_${at}`,
      replyId: 'r1',
      askers: [],
      name: 'read_page',
      arguments: '{}',
      result: { ok: true, output: 'so much '.repeat(131_072) },
      endedAt: AT,
    }));
    await rig.recorded.write({ ...batch, lines: [...batch.lines, ...pages] });
    const answer = await ben.command('/transcript export', { format: 'JSON: everything, for programs' });
    assert.match(answer.content, /12 lines\. It is larger than Discord takes, so it is zipped\.$/m);
    const [file] = answer.files;
    assert.match(file?.name ?? '', /^transcript-.*\.zip$/);
    const [content] = Object.values(unzipSync(file?.bytes ?? new Uint8Array()));
    assert.ok((content?.length ?? 0) > 11 * 2 ** 20);
  });

  it('says so where Discord takes the file in no case', async () => {
    const bytes = new Uint8Array(10 * 2 ** 20 + 1);
    const made = { files: [{ name: 'x.txt', bytes }], lines: 1, withheld: 0, packed: 'whole' } as const;
    const other = await startRig({ exports: { make: () => Promise.resolve(made) } });
    try {
      const { guild, voice, anna } = await furnish(other);
      const said = { at: AT, channelId: voice, userId: '77', name: 'Mia', text: 'Words' };
      await other.recorded.write(conversationOf({ id: 1, guildId: guild.id }, [said]));
      assert.equal(
        (await anna.command('/transcript export')).content,
        'Discord did not take the file: it is too large. Ask for less, or for another format.',
      );
    } finally {
      await other.close();
    }
  });

  it('sends bodies that the published schemas accept', { skip: noSchemas }, async () => {
    const { voice, ben, record } = await scene();
    await record({ channelId: voice, userId: '77', name: 'Mia', text: 'Words' });
    await ben.autocomplete('/transcript export', 'session', '');
    await ben.command('/transcript export');
    assert.deepEqual(await violations(rig.discord), []);
  });
});

describe('the label of a session', () => {
  const label = (startedAt: number, lastedMs: number | null, people = 5, channel = 'Lounge') =>
    sessionLabel(
      { startedAt, endedAt: lastedMs === null ? null : startedAt + lastedMs },
      { people, channel, now: NOW },
    );

  it('says the day as people do, how long it lasted and how many were there', () => {
    assert.equal(label(AT, 43 * MINUTE), 'yesterday 20:14 UTC, 43 min, 5 people, Lounge');
    assert.equal(label(NOW - 3_600_000, null, 1), 'today 08:00 UTC, still running, 1 person, Lounge');
    assert.equal(label(AT - 86_400_000, 125 * MINUTE), 'Thu 19 Nov 20:14 UTC, 2 h 5 min, 5 people, Lounge');
    assert.equal(
      label(Date.parse('2025-12-31T23:59:00Z'), 12_000),
      'Wed 31 Dec 2025 23:59 UTC, 12 seconds, 5 people, Lounge',
    );
  });

  it('is never longer than Discord takes', () => {
    assert.ok(label(AT, 43 * MINUTE, 5, '🦄'.repeat(100)).length <= 100);
  });
});
