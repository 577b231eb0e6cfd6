import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newLineId } from '../../src/lib/line-ids.ts';
import { openDatabase } from '../../src/store/database/database.ts';
import { openText } from '../../src/store/encryption/text-cipher.ts';
import { StoredRecord } from '../../src/store/record/record-reader.ts';
import { RecordStore } from '../../src/store/record/record-store.ts';
import { BEGAN, conversation } from '../support/world/scene-lines.ts';

test('the people of a conversation are those who spoke, came or left, each once', async (context) => {
  const database = await openDatabase('sqlite::memory:');
  context.after(() => database.destroy());
  const store = new RecordStore(database, openText);
  const turn = (turnId: number, userId: string | null) => ({
    turnId,
    userId,
    name: 'X',
    startedAt: BEGAN,
    endedAt: BEGAN,
    typed: false,
    answered: true,
  });
  const comes = (conversationId: number, userId: string) => ({
    kind: 'joined' as const,
    id: newLineId(BEGAN),
    conversationId,
    guildId: '1',
    channelId: '2',
    startedAt: BEGAN,
    posts: [],
    userId,
    name: 'X',
  });
  const { id } = conversation;
  const turns = [turn(1, '5'), turn(2, '6'), turn(3, '5'), turn(4, null)];
  await store.write({ conversation, turns, lines: [comes(id, '6'), comes(id, '7')] });
  await store.write({ conversation: { ...conversation, id: id + 1 }, turns: [], lines: [comes(id + 1, '8')] });
  await store.write({ conversation: { ...conversation, id: id + 2 }, turns: [], lines: [] });
  const people = await new StoredRecord(database, openText).people([id, id + 1, id + 2]);
  assert.deepEqual(
    [...people],
    [
      [id, 3],
      [id + 1, 1],
    ],
  );
});
