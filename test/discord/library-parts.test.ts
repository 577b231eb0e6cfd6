// Faults of @discordjs/voice 0.19.2 that the bench's plain bridge cannot show, because it does not say who spoke and
// reads all that it subscribes to: the library's parts themselves beside Parley's.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AudioReceiveStream, EndBehaviorType, SSRCMap } from '@discordjs/voice';
import { SsrcOwners } from '../../src/discord/voice/receive/ssrc-owners.ts';
import { AsyncQueue } from '../../src/lib/async-queue.ts';

const ANNA = '323456789012345678';
const BEN = '323456789012345679';

describe('the parts of @discordjs/voice 0.19.2 beside Parley’s own', () => {
  it('a person’s new SSRC: the library goes on crediting the old one to them, also after they left', () => {
    const map = new SSRCMap();
    map.update({ userId: ANNA, audioSSRC: 1 });
    map.update({ userId: ANNA, audioSSRC: 2 });
    assert.equal(map.get(1)?.userId, ANNA);
    map.delete(ANNA);
    assert.equal(map.get(2)?.userId, ANNA);

    const owners = new SsrcOwners();
    owners.name(1, ANNA);
    owners.name(2, BEN);
    owners.name(1, BEN);
    assert.equal(owners.ownerOf(1), BEN, 'a reused SSRC is the new owner’s');
    owners.clear();
    assert.deepEqual([owners.ownerOf(1), owners.ownerOf(2)], [undefined, undefined], 'another server: nobody’s');
  });

  it('a stream that nobody reads: the library keeps everything, Parley’s queue drops the oldest', () => {
    const packet = Buffer.alloc(100);
    const stream = new AudioReceiveStream({ end: { behavior: EndBehaviorType.Manual } });
    for (let i = 0; i < 50_000; i += 1) stream.push(packet);
    assert.equal(stream.readableLength, 50_000);
    stream.destroy();

    let dropped = 0;
    const queue = new AsyncQueue<Buffer>({
      limit: 20_000,
      onDrop: () => {
        dropped += 1;
      },
    });
    for (let i = 0; i < 50_000; i += 1) queue.push(packet);
    assert.equal(dropped, 30_000);
  });
});
