import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type ScriptInput, SimulatedOpenAI } from '@parley/simulator/models';
import { reconnecting } from '../../../src/model/durable/durable-model.ts';
import { RETRY_POLICY } from '../../../src/model/durable/retry-policy.ts';
import { openAIModel } from '../../../src/model/openai/model.ts';
import { ANNA, OPTIONS, SILENT_LOG, speak } from '../contract.ts';
import { Listener } from '../listen.ts';

const DOCS = 'https://mcp.example.com/mcp';

it('a hosted call whose connection is lost ends as failed, is not made again, and the next session is told', async (t) => {
  const asked: ScriptInput[] = [];
  const server = await SimulatedOpenAI.start({
    mcpServers: { [DOCS]: ['write'] },
    script: (input) => {
      asked.push(input);
      if (asked.length > 1) return { say: { text: 'I do not know whether it was written.' } };
      return { hosted: [{ server: 'docs', name: 'write', arguments: {}, output: 'written' }] };
    },
  });
  t.after(() => server.close());
  const endpoint = { apiKey: server.apiKey, baseUrl: server.url, model: 'gpt-realtime-2.1', log: SILENT_LOG };
  const model = openAIModel({ ...endpoint, mcpServers: [{ label: 'docs', url: DOCS, approval: 'never' }] });
  const patience = { ...RETRY_POLICY, firstMs: 20, longestMs: 80, noticeMs: 60_000 };
  const lasting = reconnecting(model, { log: SILENT_LOG, patience });
  const session = await lasting.connect({ ...OPTIONS, mcpServers: ['docs'] }, new AbortController().signal);
  t.after(() => session.close());
  const listener = new Listener(session);
  speak(session, ANNA, 24_000);
  await listener.next('server-tool');
  server.dropAll();
  const { work } = await listener.next(
    'server-tool',
    (event) => event.work.kind === 'call' && event.work.result !== null,
  );
  assert.deepEqual(work.kind === 'call' && work.result, {
    ok: false,
    output: 'The connection was lost before it ended. Nobody knows whether it was carried out.',
  });
  session.respond();
  const { turnIds } = await listener.next('reply-started', ({ replyId }) => replyId.startsWith('2/'));
  assert.deepEqual(turnIds, [1], 'the rights stay those of who asked');
  assert.equal(server.turns.filter(({ pcm }) => pcm.length > 0).length, 1, 'her turn is not given again');
  assert.match(asked[1]?.text ?? '', /The tool "write" of "docs": The connection was lost/);
});

it('an interrupted answer in writing counts as not given, and its turn is answered again', async (t) => {
  let count = 0;
  const server = await SimulatedOpenAI.start({
    script: () => {
      count += 1;
      return count === 1 ? { delayMs: 60_000 } : { say: { text: 'Both of you.' } };
    },
  });
  t.after(() => server.close());
  const model = openAIModel({
    apiKey: server.apiKey,
    baseUrl: server.url,
    model: 'gpt-realtime-2.1',
    log: SILENT_LOG,
  });
  const session = await model.connect({ ...OPTIONS, replyForm: 'text' }, new AbortController().signal);
  t.after(() => session.close());
  const listener = new Listener(session);
  speak(session, ANNA, 24_000);
  const first = await listener.next('reply-started');
  session.interrupt([]);
  await listener.next('reply-done', ({ replyId, status }) => replyId === first.replyId && status === 'cancelled');
  speak(session, { ...ANNA, id: 2 }, 24_000);
  const second = await listener.next('reply-started', ({ replyId }) => replyId !== first.replyId);
  assert.deepEqual([...second.turnIds].sort(), [1, 2]);
});
