import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AsyncQueue } from '../../src/lib/async-queue.ts';

async function read<T>(queue: AsyncQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

describe('AsyncQueue', () => {
  it('delivers what was queued before and after the reader came, then ends', async () => {
    const queue = new AsyncQueue<number>({ limit: 10 });
    queue.push(1);
    const all = read(queue);
    queue.push(2);
    await Promise.resolve();
    queue.push(3);
    queue.end();
    queue.push(4);
    assert.deepEqual(await all, [1, 2, 3]);
  });

  it('delivers what was queued before it throws the failure', async () => {
    const queue = new AsyncQueue<number>({ limit: 10 });
    queue.push(1);
    queue.fail(new Error('lost'));
    const seen: number[] = [];
    await assert.rejects(async () => {
      for await (const item of queue) seen.push(item);
    }, /lost/);
    assert.deepEqual(seen, [1]);
  });

  it('drops the oldest past its limit and says so', async () => {
    const dropped: number[] = [];
    const queue = new AsyncQueue<number>({ limit: 2, onDrop: (item) => dropped.push(item) });
    for (const item of [1, 2, 3, 4]) queue.push(item);
    queue.end();
    assert.deepEqual(
      [await read(queue), dropped],
      [
        [3, 4],
        [1, 2],
      ],
    );
  });
});
