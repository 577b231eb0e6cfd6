import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { statusText } from '../../commands/status.ts';
import { ScriptedBridges } from '../support/doubles/bridges.ts';
import { furnish, type Rig, startRig } from './rig.ts';

const anna = { userId: '1', name: 'Anna' };
const words = { since: 'a while ago' };

describe('/status', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.close());

  it('says that it is in no channel', async () => {
    const { anna: person } = await furnish(rig);
    const answer = await person.command('/status');
    assert.equal(
      answer.content,
      'I am in no voice channel here. `/join` brings me into one. Model: OpenAI (gpt-realtime-2.1).',
    );
    assert.equal(answer.ephemeral, true);
  });

  it('shows the channel, since when, the floor and the latencies', async () => {
    const { guild, voice, anna: person } = await furnish(rig);
    const bridge = rig.bridges.place({ guildId: guild.id, channelId: voice });
    bridge.now = { startedAt: performance.now() - 60_000, holder: anna, turns: 3, replyLatenciesMs: [400, 200, 310.4] };
    const { content } = await person.command('/status');
    const since = Number(/<t:(\d+):R>/.exec(content)?.[1]);
    assert.ok(Math.abs(Date.now() / 1000 - 60 - since) < 5, `since ${since}`);
    assert.match(content, new RegExp(`^\\*\\*Channel:\\*\\* <#${voice}>, joined <t:`));
    assert.match(content, /Anna is speaking/);
    assert.match(content, /median 310 ms of the last 3, last 310 ms/);
  });

  it('says nothing about a channel that the asker cannot see', async () => {
    const { guild, anna: person } = await furnish(rig);
    const secret = guild.createVoiceChannel({ denyEveryone: ['ViewChannel'] });
    rig.bridges.place({ guildId: guild.id, channelId: secret }).now = { holder: { userId: '7', name: 'Zoe' } };
    assert.equal((await person.command('/status')).content, 'I am in a voice channel that you cannot see.');
  });
});

describe('statusText', () => {
  const bridge = new ScriptedBridges().place({ guildId: '2', channelId: '3' });

  it('is plain when nothing happened yet', () => {
    bridge.now = {};
    assert.equal(
      statusText(bridge.status(), words),
      [
        '**Channel:** <#3>, joined a while ago',
        '**Model:** OpenAI (gpt-realtime-2.1)',
        '**Floor:** free',
        '**Waiting:** nobody',
        '**Turns:** 0, 0 interruptions',
        '**Time to answer:** no answer yet',
      ].join('\n'),
    );
  });

  it('names who waits, with markdown in names taken as letters', () => {
    bridge.now = {
      holder: { userId: '4', name: '__Ben__' },
      waiting: [anna, { userId: '5', name: '<@6>' }],
      speaking: true,
      interruptions: 1,
    };
    const text = statusText(bridge.status(), words);
    assert.match(text, /\*\*Floor:\*\* \\_\\_Ben\\_\\_ is speaking; I am talking\n/);
    assert.match(text, /\*\*Waiting:\*\* Anna and \\<\\@6\\>\n/);
    assert.match(text, /1 interruption\n/);
  });

  it('names ten of forty who wait', () => {
    bridge.now = { waiting: Array.from({ length: 40 }, (_, index) => ({ userId: String(index), name: `P${index}` })) };
    assert.match(statusText(bridge.status(), words), /\*\*Waiting:\*\* P0, P1, .*, P9 and 30 more\n/);
  });

  it('says in one line when somebody arrives badly', () => {
    bridge.now = { badReception: [{ person: { userId: '4', name: '_Ben_' }, loss: 0.0613 }] };
    assert.match(
      statusText(bridge.status(), words),
      /\n\*\*Sound:\*\* \\_Ben\\_'s packets arrive badly: 6 % lost\. A cable or another network helps\.$/,
    );
  });

  it('takes the mean of the two middle latencies', () => {
    bridge.now = { replyLatenciesMs: [1000, 2400] };
    assert.match(statusText(bridge.status(), words), /median 1\.7 s of the last 2, last 2\.4 s$/);
  });
});
