import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { usageTable } from '../../commands/usage-text.ts';
import type { BridgeEvent } from '../../src/ports/bridge-events.ts';
import type { UsageLine } from '../../src/ports/usage.ts';
import { type Furnished, furnish, type Rig, startRig } from './rig.ts';

const NOTHING = { textIn: 0, cachedTextIn: 0, audioIn: 0, cachedAudioIn: 0, textOut: 0, audioOut: 0 };
const ANNA = { id: 1, userId: '7', name: 'Anna' };
const BEN = { id: 2, userId: '8', name: '`Ben`' };

/** A reply to both: 10,000 tokens of sound in at $32 and 5,000 out at $64 are $0.64. */
const reply: BridgeEvent = {
  type: 'usage',
  replyId: 'r',
  turns: [ANNA, BEN],
  usage: {
    inputTokens: 10_000,
    outputTokens: 5_000,
    tokens: { ...NOTHING, audioIn: 10_000, audioOut: 5_000 },
    estimated: false,
  },
};

describe('/usage', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.close());

  const note = ({ guild, voice }: Furnished, event: BridgeEvent = reply, model = 'gpt-realtime-2.1') =>
    rig.spending.note({ guildId: guild.id, channelId: voice, provider: 'openai', model }, event);

  it('is for people who manage the server', async () => {
    const { guild } = await furnish(rig);
    const ben = guild.addPerson({ name: 'Ben' });
    await assert.rejects(ben.command('/usage show'), /lacks the permissions/);
    await assert.rejects(ben.command('/usage budget', { amount: 1 }), /lacks the permissions/);
  });

  it('says that there is nothing to show', async () => {
    const { anna } = await furnish(rig);
    const { content, files } = await anna.command('/usage show');
    assert.equal(files.length, 0);
    assert.equal(content, 'Nothing was used on this server this month (UTC). No budget is set.');
  });

  it('shows who used how much of which model, and what it cost', async () => {
    const place = await furnish(rig);
    await note(place);
    const heard = { turns: [ANNA], model: 'gpt-realtime-whisper', seconds: 60, estimated: true };
    await note(place, { type: 'transcription-usage', ...heard });
    const { content, ephemeral, files } = await place.anna.command('/usage show');
    const table = [
      '```',
      'by person             replies     in    out        USD',
      'Anna                      0.5   5000   2500    ~0.3370',
      "'Ben'                     0.5   5000   2500     0.3200",
      'by provider',
      'OpenAI                      1  10.0k   5000    ~0.6570',
      'by model',
      'gpt-realtime-2.1            1  10.0k   5000     0.6400',
      'gpt-realtime-whisper        0      0      0    ~0.0170',
      'Total                       1  10.0k   5000    ~0.6570',
      '```',
    ].join('\n');
    const legend = '`~` in part estimated, `?` no price is known for a part. No budget is set.';
    assert.equal(content, `**Today** (UTC)\n${table}\n**This month**\n${table}\n${legend}`);
    assert.equal(ephemeral, true);
    assert.deepEqual(
      files.map(({ name, bytes }) => [name, Buffer.from(bytes.subarray(1, 4)).toString()]),
      [['usage.png', 'PNG']],
    );
  });

  it('counts a model without a price, and says that the cost is unknown', async () => {
    const place = await furnish(rig);
    await note(place, reply, 'my-deployment');
    const { content } = await place.anna.command('/usage show');
    assert.match(content, /^my-deployment +1 +10\.0k +5000 +\?$/m);
    const answer = await place.anna.command('/usage budget', { amount: 1 });
    assert.match(answer.content, /No price is known for a model that was used: it counts like the dearest/);
  });

  it('sets and lifts a budget; while it is spent, nobody brings the bot in', async () => {
    const place = await furnish(rig);
    const { anna, voice, guild } = place;
    const step = async () => (await rig.spending.standing(guild.id)).step;
    assert.equal(
      (await anna.command('/usage budget', { amount: 0.7 })).content,
      'A day (UTC) may cost $0.7: I warn at 80 %, save near the end, and leave at 100 %.',
    );
    assert.equal(await step(), 'free');
    await note(place);
    assert.equal(await step(), 'brief', '91 %');
    await note(place);
    assert.equal(await step(), 'spent');
    const refusal = await anna.command('/join');
    assert.match(
      refusal.content,
      /^Today's budget of this server \(\$0\.7\) is spent\. I can come back <t:\d+:R>, or when somebody who manages/,
    );
    assert.equal(rig.bridges.opened.length, 0);
    assert.match((await anna.command('/usage budget', { amount: 0 })).content, /no limit/);
    assert.match((await anna.command('/join')).content, /listening/);
    const bridge = rig.bridges.find(guild.id);
    assert.match(
      (await anna.command('/usage budget', { amount: 1 })).content,
      /is spent already: I stay away until midnight/,
    );
    assert.deepEqual(
      bridge?.closed.map((reason) => (reason.kind === 'budget' ? [reason.budget.limitUsd, reason.budget.of] : reason)),
      [[1, 'server']],
    );
    assert.equal(bridge?.channelId, voice);
  });

  it('has a budget for a month, and one for each person, whose questions alone are refused then', async () => {
    const place = await furnish(rig);
    const { anna, guild } = place;
    rig.bridges.place({ guildId: guild.id, channelId: place.voice });
    assert.match(
      (await anna.command('/usage budget', { amount: 9, span: 'month' })).content,
      /^A month \(UTC\) may cost \$9: I warn/,
    );
    assert.match(
      (await anna.command('/usage budget', { amount: 0.3, of: 'person' })).content,
      /^A day \(UTC\) may cost \$0\.3 for each person: I tell them at 80 %/,
    );
    const hers = { ...reply, turns: [{ id: 1, userId: anna.userId, name: 'Anna' }] };
    await note(place, hers as BridgeEvent);
    assert.match(
      (await anna.command('/ask', { text: 'Hello' })).content,
      /^I cannot answer you: today's budget of one person here \(\$0\.3\) is spent/,
    );
    const ben = guild.addPerson({ name: 'Ben' });
    assert.match((await ben.command('/ask', { text: 'Hello' })).content, /^I answer/);
    assert.match(
      (await anna.command('/usage show')).content,
      /Budget: \$9 a month \(7 % spent\); \$0\.3 a day for each person\.$/,
    );
    assert.match(
      (await anna.command('/usage budget', { amount: 0, of: 'person' })).content,
      /no limit to what one person/,
    );
    assert.match((await anna.command('/ask', { text: 'Hello' })).content, /^I answer/);
  });

  it('refuses a budget that is none', async () => {
    const { anna } = await furnish(rig);
    const { content } = await anna.command('/usage budget', { amount: 1_000_000 });
    assert.equal(content, 'The budget must be between 0 (none) and 10000 US dollars. Nothing was changed.');
  });
});

describe('/usage show, when the picture cannot be drawn', () => {
  it('answers with the table alone, and the log says why', async (t) => {
    const rig = await startRig({ drawUsage: () => Promise.reject(new Error('no font')) });
    t.after(() => rig.close());
    const { anna, guild, voice } = await furnish(rig);
    const place = { guildId: guild.id, channelId: voice, provider: 'openai', model: 'gpt-realtime-2.1' } as const;
    await rig.spending.note(place, reply);
    const { content, files } = await anna.command('/usage show');
    assert.match(content, /^Total +1 +10\.0k +5000 +0\.6400$/m);
    assert.equal(files.length, 0);
    assert.match(JSON.stringify(rig.lines), /the picture of the usage could not be drawn/);
  });
});

describe('usageTable', () => {
  it('fits twice into a message, however many people, models and digits there are', () => {
    const tokens = { ...NOTHING, audioIn: 123_456_789, audioOut: 987_654_321 };
    const lines = Array.from({ length: 60 }, (_, index): UsageLine => {
      const name = `${'𝕬'.repeat(40)}${index}`;
      const model = `a-model-with-a-very-long-name-${index}`;
      const used = { replies: 99_999.5, tokens, seconds: 0, estimated: true, costUsd: index % 2 ? 9_999.1234 : null };
      const provider = (['openai', 'azure', 'gemini', 'vertex'] as const)[index % 4] ?? 'openai';
      return { userId: String(index), name, channelId: '1', provider, model, ...used };
    });
    assert.ok(usageTable(lines).length < 950, String(usageTable(lines).length));
    assert.match(usageTable(lines), /^56 more /m);
  });
});
