import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newLineId, privateCallId } from '../../../src/lib/line-ids.ts';
import { openDatabase, openReader } from '../../../src/store/database/database.ts';
import { AesTextCipher } from '../../../src/store/encryption/text-cipher.ts';
import { PersonStore } from '../../../src/store/personal/person-store.ts';
import { StoredRecord } from '../../../src/store/record/record-reader.ts';
import { RecordStore } from '../../../src/store/record/record-store.ts';
import { recordInto } from '../../support/world/recorded-lines.ts';

test('what somebody was shown alone loses the words of whoever has themselves forgotten', async (context) => {
  const database = await openDatabase('sqlite::memory:');
  context.after(() => database.destroy());
  const seal = new AesTextCipher(Buffer.alloc(32, 1));
  const store = new RecordStore(database, seal);
  const said = { channelId: '20', postedIn: '20' };
  const ids = await recordInto(store, '10', [
    { ...said, userId: '1', name: 'Anna', text: 'cake' },
    { ...said, userId: '2', name: 'Ben', text: 'tuna' },
  ]);
  const output = JSON.stringify({ count: 2, said: ids.map((line, at) => ({ line, text: ['cake', 'tuna'][at] })) });
  const call = {
    ...{ kind: 'tool-call' as const, id: newLineId(Date.now()), channelId: '20', callId: privateCallId('c', '20') },
    ...{ replyId: 'r', askers: [{ userId: '3', name: 'Mia' }], name: 'search_transcripts', arguments: '{}' },
    ...{ result: { ok: true, output }, endedAt: 1 },
  } as const;
  await recordInto(store, '10', [{ ...said, userId: '3', name: 'Mia', text: 'soup' }], [call]);
  const reader = openReader(database).reader;
  await new PersonStore({ database, reader, seal, beginningsOf: () => null }).forget('10', '2');
  const results: unknown[] = [];
  for await (const line of new StoredRecord(reader, seal).lines({ guildId: '10' })) {
    if (line.kind === 'tool-call') results.push(JSON.parse(line.result?.output ?? ''));
  }
  assert.deepEqual(results, [{ count: 1, said: [{ line: ids[0], text: 'cake' }] }]);
});
