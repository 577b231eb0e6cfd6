import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeHosted } from '../../src/bridge/rights.ts';
import { audio, done, Scene, started } from '../fakes/scene.ts';

const anna = { userId: 'anna', name: 'Anna' };
const ben = { userId: 'ben', name: 'Ben' };
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

describe('who may have a hosted MCP server act', () => {
  type Request = Parameters<typeof judgeHosted>[0];
  const usual: Request = {
    server: 'notes',
    askers: [anna],
    certain: true,
    disabled: [],
    room: { mayWrite: () => true },
  };
  const reason = (change: Partial<Request>) => {
    const verdict = judgeHosted({ ...usual, ...change });
    return verdict.allowed ? '' : verdict.reason;
  };

  it('people who are all known and may write', () => {
    assert.equal(reason({}), '');
    assert.equal(reason({ askers: [anna, ben] }), '');
  });

  it('nobody where one of the speakers is unknown', () => {
    assert.match(reason({ certain: false }), /not certain who asked/);
    assert.match(reason({ askers: [] }), /not certain who asked/);
  });

  it('nobody where one of them may not write, or the server is switched off', () => {
    const room = { mayWrite: (userId: string) => userId === 'anna' };
    assert.match(reason({ askers: [anna, ben], room }), /not "Ben"/);
    assert.match(reason({ disabled: ['mcp:notes'] }), /switched off/);
  });
});

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

  it('is declined where it is not certain who asked, and the refusal is told at once', async () => {
    const scene = new Scene();
    await answering(scene);
    await scene.says(request(1, 77), done('r1', true));
    assert.ok(scene.session.calls.some((one) => one.startsWith('decline c1: It is not certain who asked')));
    const [told] = scene.of('server-tool');
    assert.equal(told?.work.kind === 'call' && told.work.result?.ok, false);
    await scene.called('respond');
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
