// A process that indexes the words of a record anew while lines come, change and go, to be killed meanwhile: URL LIFE.
// Tells each word that went, once it is gone, and `done`.
import { setTimeout as wait } from 'node:timers/promises';
import { openDatabase, openReader } from '../../../src/store/database/database.ts';
import { openText } from '../../../src/store/encryption/text-cipher.ts';
import { deleteLines, deleteLinesAtOnce } from '../../../src/store/record/delete-lines.ts';
import { lineOf } from '../../../src/store/record/record-rows.ts';
import { RecordStore } from '../../../src/store/record/record-store.ts';
import { Reindexing } from '../../../src/store/record/reindexing.ts';
import { keptLog } from '../doubles/log.ts';
import { conversation, utterance } from '../world/stored-lines.ts';

const [, , url = '', life = ''] = process.argv;
const database = await openDatabase(url);
const { reader, close } = openReader(database);
const store = new RecordStore(database, openText);
const work = new Reindexing({ database, reader, seal: openText, log: keptLog().log });
process.stdout.write('open\n');
let isOver = false;
const reindexing = work.run().then(() => {
  isOver = true;
});

const any = async () => {
  const row = await database('utterances').where('text', 'like', '%q').orderByRaw('random()').first();
  return lineOf('utterances', row, openText);
};

for (let at = 1; !isOver; at += 1) {
  const turnId = Number(life) * 1_000_000 + at;
  const open = utterance(turnId + 1, '', { state: 'open' });
  await store.write({ conversation, turns: [], lines: [utterance(turnId, `new${life}x${at}q`), open] });
  const line = await any();
  if (line.kind === 'utterance') {
    await store.write({
      conversation,
      turns: [],
      lines: [{ ...line, posts: [], text: `late${life}x${at} ${line.text}` }],
    });
  }
  for (const act of [
    (id: number) => deleteLines(database, [id]),
    (id: number) => deleteLinesAtOnce(database, [id]),
    (id: number) => store.write({ conversation, turns: [], lines: [], withdrawnLines: [id] }),
  ]) {
    const gone = await any();
    if (gone.kind !== 'utterance') continue;
    await act(gone.id);
    process.stdout.write(`${gone.text.split(' ').at(-1)}\n`);
  }
  await store.write({ conversation, turns: [], lines: [{ ...open, text: `ended${life}x${at}q`, state: 'final' }] });
  await wait(2);
}
await reindexing;
await close();
await database.destroy();
process.stdout.write('done\n');
