import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SimulatedOpenAI } from '@parley/simulator/models';
import { openAIModel } from '../../src/model/openai/model.ts';
import { ANNA, BEN, OPTIONS, SILENT_LOG, speak, tone } from './contract.ts';
import { Listener } from './listen.ts';

const RATE = 24_000;

it('the speaker is named next to their words, though the item of an answer to another comes while they speak', async () => {
  const script = () => ({ say: { text: 'Yes, I am sure about that.' }, delayMs: 100 });
  const server = await SimulatedOpenAI.start({ script });
  const { url, apiKey } = server;
  const model = openAIModel({ apiKey, baseUrl: url, model: 'gpt-realtime-2.1', log: SILENT_LOG });
  const session = await model.connect(OPTIONS, new AbortController().signal);
  const listener = new Listener(session);
  try {
    speak(session, ANNA, RATE);
    session.beginTurn(BEN);
    session.appendAudio(tone(100, RATE, 6_000));
    // The item of the answer is in the conversation from now on, behind whatever was sent of Ben's turn.
    await listener.next('audio');
    session.appendAudio(tone(100, RATE, 6_000));
    session.endTurn(true);
    await listener.next('reply-started', ({ turnIds }) => turnIds.includes(2));
    assert.deepEqual(
      server.turns.map(({ labels }) => labels.join().match(/"(\w+)"/)?.[1]),
      ['Anna', 'Ben'],
    );
  } finally {
    session.close();
    await server.close();
  }
});
