import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Trial } from '../support/world/audible-order.ts';

const LIMIT_MS = 120_000;

export const name = 'the plain bridge: a dead voice link is noticed after most of a minute, a lost IP discovery never';

/** Throws AssertionError where the library has lost the fault that the tests of Parley are named after. */
export async function run(say: (line: string) => void): Promise<void> {
  await deadLink(say);
  await lostDiscovery(say);
}

async function deadLink(say: (line: string) => void): Promise<void> {
  const trial = await Trial.start('plain');
  try {
    const { voice } = trial.stage.discord;
    const before = voice.identifies;
    voice.halfOpen(trial.seat, 'websocket', 'udp');
    const from = performance.now();
    await trial.stage.until(() => voice.identifies > before, LIMIT_MS, 'another attempt of the plain bridge');
    const seconds = (performance.now() - from) / 1000;
    say(`a dead link was noticed after ${seconds.toFixed(1)} s`);
    assert.ok(seconds > 20, 'the library notices a dead link as soon as Parley should');
  } finally {
    await trial.close();
  }
}

async function lostDiscovery(say: (line: string) => void): Promise<void> {
  const trial = await Trial.start('plain', { joined: false });
  try {
    const { voice } = trial.stage.discord;
    voice.links.loseDiscoveries = 1;
    trial.stage.bot.tell({ join: { guildId: trial.seat.guildId, channelId: trial.place.channelId } });
    await wait(12_000);
    const connected = voice.connected(trial.place.channelId).includes(trial.seat.userId);
    say(`12 s after one lost request for IP discovery it is ${connected ? '' : 'not '}connected`);
    assert.ok(!connected, 'the library asks for IP discovery again');
  } finally {
    await trial.close();
  }
}
