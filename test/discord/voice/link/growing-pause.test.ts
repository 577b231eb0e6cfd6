import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecryptFailures } from '../../../../src/discord/voice/dave/decrypt-failures.ts';
import { ReceiveWatchdog } from '../../../../src/discord/voice/receive-watchdog.ts';

test('a client that seals one good packet between its garbage has the group renewed less and less often', () => {
  const failures = new DecryptFailures();
  const renewedAt: number[] = [];
  for (let now = 0; now < 600_000; now += 20) {
    // Three seconds of garbage, one good packet, and so on.
    if (now % 3_000 === 0) failures.opened('mallory');
    else if (failures.failed('mallory', now)) renewedAt.push(now);
  }
  const pauses = renewedAt.slice(1).map((at, index) => at - renewedAt[index]!);
  assert.ok(renewedAt.length <= 8, `${renewedAt.length} times in ten minutes: ${renewedAt}`);
  for (const [index, pause] of pauses.entries()) assert.ok(pause >= 5_000 * 2 ** Math.min(index, 6), `${pauses}`);
});

test('once things were stable for a minute, somebody who cannot be opened is helped at once', () => {
  const failures = new DecryptFailures();
  const failFor = (userId: string, from: number, ms: number): number | undefined => {
    for (let now = from; now < from + ms; now += 20) if (failures.failed(userId, now)) return now - from;
    return undefined;
  };
  assert.ok((failFor('anna', 0, 4_000) ?? 9_999) <= 2_020);
  failures.opened('anna');
  assert.ok((failFor('anna', 10_000, 4_000) ?? 9_999) <= 2_020);
  failures.opened('anna');
  assert.equal(failFor('ben', 14_000, 4_000), undefined, 'ten seconds have to pass now');
  failures.opened('ben');
  assert.ok((failFor('ben', 90_000, 4_000) ?? 9_999) <= 2_020);
  failures.opened('ben');
  assert.ok((failFor('ben', 98_000, 4_000) ?? 9_999) <= 2_020, 'the first pause again');
});

test('a client that is heard once between its garbage has the line rejoin less and less often, too', () => {
  const watch = new ReceiveWatchdog({ deafMs: 8_000, isSilent: () => false });
  const rejoinedAt: number[] = [];
  watch.named('mallory', 1);
  for (let now = 0; now < 1_800_000; now += 20) {
    if (now % 9_000 === 0) watch.heard('mallory');
    const datagram = Buffer.alloc(40);
    datagram[1] = 0x78;
    datagram.writeUInt32BE(1, 8);
    watch.datagram(datagram, now);
    if (now % 200 === 0 && watch.due(now).some(({ remedy }) => remedy === 'rejoin')) {
      rejoinedAt.push(now);
      watch.newConnection();
      watch.named('mallory', 1);
    }
  }
  assert.ok(rejoinedAt.length <= 8, `${rejoinedAt.length} times in half an hour: ${rejoinedAt}`);
});
