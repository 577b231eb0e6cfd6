import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SimulatedGemini } from '../src/gemini/server.ts';
import { SimulatedOpenAI } from '../src/openai/server.ts';
import { inOrder, type ScriptedReply } from '../src/shared/script.ts';
import { type Message, RawClient, recording, withoutRuns, withoutShared } from './raw-client.ts';

// Plays what the client of a real, recorded session sent, at the same places, and compares the order of the answers.

/** Sends what was recorded; before each message it waits for as many answers of each kind as the recording had by then. */
async function replay(
  client: RawClient,
  lines: { dir: string; data: Message }[],
  kindOf: (message: Message) => string,
  prepare: (message: Message) => Message,
): Promise<void> {
  const expected: string[] = [];
  for (const { dir, data } of lines) {
    if (dir === 'received') expected.push(kindOf(data));
    else {
      const kind = expected.at(-1);
      const count = withoutRuns(expected).filter((one) => one === kind).length;
      while (kind && withoutRuns(client.received.map(kindOf)).filter((one) => one === kind).length < count) {
        await client.next(() => true);
      }
      client.send(prepare(data));
    }
  }
}

describe('the order of events of a recorded session', { skip: withoutShared }, () => {
  const openai = async (name: string, replies: ScriptedReply[]) => {
    const lines = await recording(name);
    const server = await SimulatedOpenAI.start({ script: inOrder(replies), rateLimits: false });
    const socket = `${server.url.replace('http', 'ws')}/realtime?model=gpt-realtime`;
    const client = await RawClient.connect(socket, { Authorization: `Bearer ${server.apiKey}` });
    await client.next('session.created');
    let callId = '';
    const type = (message: Message) => message.type as string;
    await replay(client, lines, type, (message) => {
      const made = client.received.find((one) => one.type === 'response.function_call_arguments.done');
      callId = made?.call_id ?? callId;
      return message.item?.call_id ? { ...message, item: { ...message.item, call_id: callId } } : message;
    });
    const received = lines.filter(({ dir }) => dir === 'received').map(({ data }) => data);
    const responses = received.filter(({ type }) => type === 'response.done').length;
    while (client.received.filter(({ type }) => type === 'response.done').length < responses)
      await client.next(() => true);
    await server.close();
    assert.deepEqual(withoutRuns(client.received.map(type)), withoutRuns(received.map(type)));
    return { mine: client.received, theirs: received };
  };

  it('is kept by the simulated OpenAI: text in, sound out', async () => {
    const { mine, theirs } = await openai('openai/text-in-audio-out.jsonl', [
      { say: { text: 'Hi there!' }, speed: 20 },
    ]);
    // Each event also has the fields of the recorded one.
    for (const message of theirs) {
      const same = mine.find(({ type }) => type === message.type);
      assert.deepEqual(Object.keys(same).sort(), Object.keys(message).sort(), message.type);
    }
    const sessions = [mine, theirs].map((all) => all.find(({ type }) => type === 'session.updated').session);
    assert.deepEqual(Object.keys(sessions[0]).sort(), Object.keys(sessions[1]).sort());
    const { id: _, expires_at: __, ...settings } = sessions[0];
    const { id: ___, expires_at: ____, ...recorded } = sessions[1];
    assert.deepEqual(settings, recorded);
  });

  for (const name of ['openai/tool-call-round.jsonl', 'azure/tool-call-round.jsonl']) {
    it(`is kept by the simulated OpenAI: ${name}`, async () => {
      await openai(name, [
        { calls: [{ name: 'get_weather', arguments: { city: 'London' } }] },
        { say: { text: 'It is foggy and 12 degrees in London.' } },
      ]);
    });
  }

  const kind = (message: Message) => {
    const content = message.serverContent ?? {};
    // Sound and its transcript are one stream: which is ahead differs from chunk to chunk.
    if (content.outputTranscription || content.modelTurn?.parts[0]?.inlineData) return 'speech';
    if (content.modelTurn?.parts[0]?.thought) return 'thought';
    return [...Object.keys(content), ...Object.keys(message).filter((key) => key !== 'serverContent')].join('+');
  };
  const gemini = async (name: string, replies: ScriptedReply[]) => {
    const lines = await recording(name);
    const server = await SimulatedGemini.start({ script: inOrder(replies), playbackClock: false });
    const path = '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent';
    const client = await RawClient.connect(`${server.url.replace('http', 'ws')}${path}?key=${server.apiKey}`);
    await replay(client, lines, kind, (message) => {
      const id = client.received.findLast((one) => one.toolCall)?.toolCall.functionCalls[0].id;
      const [response] = message.tool_response?.functionResponses ?? [];
      return response ? { tool_response: { functionResponses: [{ ...response, id }] } } : message;
    });
    await client.next((message) => message.serverContent?.turnComplete);
    await server.close();
    const received = lines.filter(({ dir }) => dir === 'received').map(({ data }) => data);
    assert.deepEqual(withoutRuns(client.received.map(kind)), withoutRuns(received.map(kind)));
  };

  it('is kept by the simulated Live API: text in, sound out', async () => {
    await gemini('gemini/text-in-audio-out.jsonl', [{ thought: 'Greet.', say: { text: 'Hello there.' }, speed: 20 }]);
  });

  it('is kept by the simulated Live API: a round with a tool', async () => {
    await gemini('gemini/tool-call-round.jsonl', [
      { calls: [{ name: 'record_reading', arguments: { zqx_measurement: 5, qbf_note: 'steady' } }] },
      { say: { text: 'I have recorded a reading of 5 with the note "steady."' }, speed: 20 },
    ]);
  });
});
