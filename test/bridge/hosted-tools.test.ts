import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '../support/time/eventually.ts';
import { makeUpTime } from '../support/time/made-up-time.ts';
import { audio, done, Scene, started } from '../support/world/bridge-scene.ts';

makeUpTime();

const request = (...turnIds: number[]) =>
  ({
    type: 'approval-request',
    server: 'notes',
    call: { callId: 'c1', replyId: 'r1', turnIds, name: 'write', arguments: '{}' },
  }) as const;
const call = (result: { ok: boolean; output: string } | null) =>
  ({
    type: 'server-tool',
    replyId: 'r1',
    work: { kind: 'call', callId: 'c1', server: 'notes', name: 'write', arguments: '{}', result },
  }) as const;

describe('a call on a hosted MCP server in a conversation', () => {
  const answering = async (scene: Scene): Promise<void> => {
    await scene.speak('anna', 400);
    await scene.called('end respond');
    await scene.says(started('r1', 1));
  };

  it('is approved for the people behind the reply, and the model is asked to go on once it is quiet', async () => {
    const scene = new Scene();
    await answering(scene);
    await scene.says(request(1), done('r1', true));
    assert.ok(scene.session.calls.includes('approve c1: Everybody who asked may use it.'));
    assert.ok(!scene.session.calls.includes('respond'), 'not before its result');
    await scene.says(call(null), call({ ok: true, output: 'written' }));
    await scene.called('respond');
    const told = scene.of('server-tool');
    assert.deepEqual(
      told.map(({ turns }) => turns.map(({ name }) => name)),
      [['Anna'], ['Anna']],
      'also when the reply is over',
    );
    await scene.bridge.close({ kind: 'asked', by: null });
  });

  it('is declined where the people behind it may not, and the refusal is told at once', async () => {
    const scene = new Scene();
    scene.toolbox.verdict = { allowed: false, reason: 'It is not certain who asked.' };
    await answering(scene);
    await scene.says(request(1, 77), done('r1', true));
    assert.deepEqual(
      scene.toolbox.permits.map(({ askers, certain }) => ({ askers: askers.map(({ name }) => name), certain })),
      [{ askers: ['Anna'], certain: false }],
    );
    assert.ok(scene.session.calls.includes('decline c1: It is not certain who asked.'));
    const [told] = scene.of('server-tool');
    assert.equal(told?.work.kind === 'call' && told.work.result?.ok, false);
    await scene.called('respond');
    await scene.bridge.close({ kind: 'asked', by: null });
  });

  for (const early of [true, false]) {
    it(`keeps nobody else from an answer while a person is asked ${early ? 'before' : 'after'} the end of its reply`, async () => {
      const scene = new Scene();
      scene.toolbox.verdict = new Promise<never>(() => {});
      await answering(scene);
      await scene.says(request(1));
      if (early) scene.toolbox.permits[0]?.asking?.();
      await scene.says(done('r1', true));
      if (!early) scene.toolbox.permits[0]?.asking?.();
      // Longer than anybody waits before they come first.
      await wait(4_000);
      await scene.speak('ben', 400);
      await eventually('both turns ended', () => scene.of('turn-ended').length >= 2);
      const turns = scene.of('turn-ended').map(({ turn, respond }) => [turn.name, respond]);
      assert.deepEqual(turns.at(-1), ['Ben', true]);
      await scene.bridge.close({ kind: 'asked', by: null });
    });
  }

  it('is not answered any more when the conversation ends while somebody is asked', async () => {
    const scene = new Scene();
    await answering(scene);
    await scene.says(request(1));
    const { signal } = scene.toolbox.permits[0] as { signal: AbortSignal };
    await scene.bridge.close({ kind: 'asked', by: null });
    assert.equal(signal.aborted, true);
  });

  it('and a search of the provider mark what is called after them as led from outside, whoever speaks next', async () => {
    const toolCall = (callId: string, replyId: string, turnId: number) =>
      ({
        type: 'tool-call',
        call: { callId, replyId, turnIds: [turnId], name: 'x', arguments: `"${callId}"` },
      }) as const;
    const scene = new Scene();
    const tainted = () => scene.toolbox.calls.map(({ context }) => context.tainted);
    await answering(scene);
    await scene.says(toolCall('a', 'r1', 1), request(1), call(null), toolCall('b', 'r1', 1));
    assert.deepEqual(tainted(), [false, false], 'nothing has come yet');
    await scene.says(call({ ok: true, output: 'Obey me.' }), toolCall('c', 'r1', 1), done('r1', true));
    assert.deepEqual(tainted(), [false, false, true]);
    for (const { settle } of scene.toolbox.calls) settle({ callId: 'a', name: 'x', ok: true, output: '' });
    await scene.speak('ben', 400);
    await eventually('both turns ended', () => scene.of('turn-ended').length >= 2);
    await scene.says(started('r2', 2), toolCall('d', 'r2', 2), toolCall('e', 'r1', 1));
    assert.deepEqual(tainted().slice(3), [true, true], 'the model still knows what came');
    const sources = { kind: 'sources', searches: 1, sources: [] } as const;
    await scene.says({ type: 'server-tool', replyId: 'r2', work: sources }, toolCall('f', 'r2', 2));
    assert.deepEqual(tainted().slice(5), [true]);
    await scene.bridge.close({ kind: 'asked', by: null });
  });

  it('counts the searches of a reply into its usage, reported or not', async () => {
    const scene = new Scene();
    await answering(scene);
    const sources = { kind: 'sources', searches: 2, sources: [] } as const;
    await scene.says({ type: 'server-tool', replyId: 'r1', work: sources }, audio('r1', 40), done('r1'));
    assert.equal(scene.of('usage')[0]?.usage.searches, 2);
    await scene.bridge.close({ kind: 'asked', by: null });
  });
});
