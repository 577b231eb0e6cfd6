// More of what @discordjs/voice 0.19.2 does wrong, as in faults-table.test.ts: what happens to connections as a whole.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { EndBehaviorType, entersState, joinVoiceChannel, VoiceConnectionStatus } from '@discordjs/voice';
import type { SimulatedPerson } from '@parley/simulator/discord';
import { LinkStage } from '../support/doubles/link.ts';
import { Pitches } from '../support/sound/pitches.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { count, Trial } from '../support/world/audible-order.ts';

/** Whether the bot lives and hears after the voice gateway was unreachable for 700 ms; how often it knocked meanwhile. */
async function unreachable(trial: Trial): Promise<{ alive: boolean; knocks: number }> {
  const { stage, seat } = trial;
  const { voice } = stage.discord;
  voice.links.unreachable = true;
  const before = voice.turnedAway;
  voice.sever(seat);
  await quietFor(700);
  const knocks = voice.turnedAway - before;
  voice.links.unreachable = false;
  return { alive: stage.bot.running, knocks };
}

describe('the faults of @discordjs/voice 0.19.2 in its connections: Parley has none of them', {
  concurrency: 3,
}, () => {
  it('voice gateway unreachable: a few attempts, then heard again; the plain bridge storms', async () => {
    const [parley, plain] = await Promise.all([Trial.start('parley'), Trial.start('plain')]);
    try {
      const [ours, theirs] = await Promise.all([unreachable(parley), unreachable(plain)]);
      assert.equal(ours.alive, true);
      assert.ok(ours.knocks >= 1 && ours.knocks <= 4, `${ours.knocks} attempts in 0.7 s`);
      assert.ok(theirs.knocks >= 8, `${theirs.knocks} attempts of the plain bridge in 0.7 s`);
      let heard = 0;
      for (let tries = 0; tries < 8 && heard < 38; tries += 1) heard = count(await parley.heard(['e'], 40), 'e');
      assert.ok(heard >= 38, `${heard} of 40 frames were heard`);
    } finally {
      await Promise.all([parley.close(), plain.close()]);
    }
  });

  it('nobody listens to the errors of the library: Parley always does; a plain bridge that forgot it ends', async () => {
    const plain = await Trial.start('plain', { env: { PLAIN_BARE: '1' } });
    try {
      const { stage, seat } = plain;
      stage.discord.voice.links.unreachable = true;
      stage.discord.voice.sever(seat);
      const until = performance.now() + 15_000;
      while (stage.bot.running && performance.now() < until) await wait(20);
      assert.equal(stage.bot.running, false);
      assert.match(plain.stage.bot.output, /Unhandled 'error' event/);
    } finally {
      await plain.close();
    }
  });

  for (const kind of ['parley', 'library'] as const) {
    const outcome = kind === 'parley' ? 'named rightly' : 'named as who left at first';
    it(`the voice server moves, and somebody gets the SSRC of who left, ${kind}: ${outcome}`, async () => {
      const stage = await LinkStage.start({ dave: false });
      try {
        const anna = await stage.person('Anna');
        const ben = await stage.person('Ben');
        const credited = await (kind === 'parley' ? ours : theirs)(stage, anna, ben);
        if (kind === 'parley') assert.deepEqual(credited, ['Ben']);
        // The library may never mend it afterwards.
        else assert.equal(credited[0], 'Anna');
      } finally {
        await stage.close();
      }
    });
  }
});

const PITCHES = new Pitches(['Anna', 'Ben']);

/** All are on another server, where Ben has the SSRC that Anna had; she has gone meanwhile. */
async function move(stage: LinkStage, anna: SimulatedPerson, ben: SimulatedPerson): Promise<void> {
  const { ssrc } = anna.voice;
  stage.guild.reallocateVoiceServer(500);
  stage.discord.voice.links.ssrcs = [ssrc];
  await anna.leave();
  stage.guild.places.reallocate(ben.userId, 0);
  await quietFor(400);
  assert.equal(ben.voice.ssrc, ssrc);
}

/** Ben speaks, and the word of whose his SSRC is comes after his first packets. */
async function speaks(stage: LinkStage, ben: SimulatedPerson): Promise<void> {
  stage.discord.voice.faults.gatewayDelayMs = 300;
  await ben.voice.speak(PITCHES.sound('Ben', 600));
  await quietFor(400);
}

/** Whom Parley's line names for what Ben says after the move. */
async function ours(stage: LinkStage, anna: SimulatedPerson, ben: SimulatedPerson): Promise<string[]> {
  const ear = await stage.join();
  assert.ok((await ear.hears(anna)) && (await ear.hears(ben)));
  await move(stage, anna, ben);
  await ear.event('recovered');
  const from = ear.frames.length;
  await speaks(stage, ben);
  const frames = ear.frames.slice(from);
  const marks = frames.flatMap(({ pcm }) => PITCHES.read(pcm, 24_000));
  assert.ok(marks.filter((name) => name === 'Ben').length >= 25, `${marks.length} frames were heard`);
  await ear.line.close();
  return named(
    frames.map(({ userId }) => userId),
    anna,
    ben,
  );
}

/** Whom the library's receiver names for it. */
async function theirs(stage: LinkStage, anna: SimulatedPerson, ben: SimulatedPerson): Promise<string[]> {
  const { id, voiceAdapterCreator } = stage.client.guilds.cache.get(stage.guild.id) ?? assert.fail();
  const connection = joinVoiceChannel({
    guildId: id,
    channelId: stage.channelId,
    adapterCreator: voiceAdapterCreator,
    selfDeaf: false,
  });
  connection.on('error', () => {});
  await entersState(connection, VoiceConnectionStatus.Ready, 10_000);
  for (const person of [anna, ben]) await person.voice.speak(PITCHES.sound(person.name, 300));
  await move(stage, anna, ben);
  await wait(300);
  await entersState(connection, VoiceConnectionStatus.Ready, 10_000);
  const users: string[] = [];
  for (const { userId } of [anna, ben]) {
    const stream = connection.receiver.subscribe(userId, { end: { behavior: EndBehaviorType.Manual } });
    stream.on('error', () => {});
    stream.on('data', () => users.push(userId));
  }
  await speaks(stage, ben);
  connection.destroy();
  return named(users, anna, ben);
}

function named(users: readonly string[], anna: SimulatedPerson, ben: SimulatedPerson): string[] {
  return [...new Set(users)].map((userId) => [anna, ben].find((one) => one.userId === userId)?.name ?? userId);
}
