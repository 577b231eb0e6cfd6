// A process that talks, records and posts until it is killed: transcript, recorder and database are the real ones, and
// the text channel is that of its parent, over HTTP. Arguments: the database's address, the parent's, a number.
import { setTimeout as wait } from 'node:timers/promises';
import type { BridgeEvent } from '../../../src/ports/bridge-events.ts';
import type { TextChannel } from '../../../src/ports/room.ts';
import { Recorder } from '../../../src/record/recorder.ts';
import { openDatabase } from '../../../src/store/database/database.ts';
import { unlock } from '../../../src/store/encryption/data-key.ts';
import { RecordStore } from '../../../src/store/record/record-store.ts';
import { Transcript } from '../../../src/transcript/transcript.ts';
import { keptLog } from '../doubles/log.ts';

const [, , address = '', parent = '', life = ''] = process.argv;
/** Discord's limits make a transcript slow; the order of things is the same at another pace. */
const FASTER = 25;

const send = async (path: string, content: string): Promise<string> => {
  const response = await fetch(`${parent}/${path}`, { method: 'POST', body: content });
  return response.text();
};
const text: TextChannel = {
  post: async (content) => `9:${await send('post', content)}`,
  edit: async (messageId, content) => {
    await send(`edit/${messageId}`, content);
  },
};

const { log } = keptLog();
const database = await openDatabase(address);
const store = new RecordStore(database, await unlock(database, null, log));
await store.closeUnfinished();
const recorder = new Recorder({
  writer: store,
  conversation: {
    guildId: '1',
    channelId: '2',
    transcriptChannelId: '9',
    mode: 'talk',
    provider: 'openai',
    model: 'gpt-realtime-2.1',
  },
  botName: 'Parley',
  modelName: () => 'gpt-realtime-2.1',
  language: () => null,
  now: () => Date.now(),
  log,
});
const transcript = new Transcript({
  text,
  record: recorder,
  botName: 'Parley',
  now: () => performance.now() * FASTER,
  log,
  timer: (run, ms) => {
    const timer = setTimeout(run, ms / FASTER);
    return () => clearTimeout(timer);
  },
});
const happens = (event: BridgeEvent): void => {
  recorder.observe(event);
  transcript.observe(event);
};

/** Every utterance has a word of its own: `u` or `r`, the life, `x`, a number. */
for (let id = 1; ; id += 1) {
  const turn = { id, userId: String(100 + (id % 3)), name: ['Anna', 'Ben', 'Carl'][id % 3] as string };
  const soundStart = Date.now();
  happens({ type: 'turn-began', turn, queuedMs: 0, soundStart });
  happens({ type: 'turn-transcript', turn, text: `u${life}x${id} hello`, final: false });
  await wait(7);
  happens({ type: 'turn-ended', turn, speechMs: 10, respond: true, soundStart, soundEnd: Date.now() });
  happens({ type: 'turn-transcript', turn, text: `u${life}x${id} hello there.`, final: true });
  const replyId = `r${id}`;
  happens({ type: 'reply-started', replyId, turns: [turn] });
  happens({ type: 'reply-transcript', replyId, delta: `r${life}x${id} is ` });
  happens({ type: 'reply-audible', replyId, sinceTurnMs: 5 });
  await wait(5);
  happens({ type: 'reply-transcript', replyId, delta: 'what you wanted.' });
  await wait(3);
  happens({ type: 'reply-ended', replyId, heardMs: 100, producedMs: 100, interrupted: false });
}
