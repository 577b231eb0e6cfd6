import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Answer, FaultedRequest, FaultRule, Json, RestFault, SimulatedPerson } from '@parley/simulator/discord';
import { StartedWorld } from '../support/world/started-world.ts';

const SLOW = 'This takes longer than usual. The answer comes here as soon as I have it.';
const BROKEN = 'Something went wrong on my side. It is in my log; please try again in a moment.';
const NO_FILE =
  /^This is all that I keep of you [\s\S]*\n\*\*I could not send the file\*\*: Discord did not take it\. Please try again in a moment\.$/;
/** A tool of the operator's own that takes its time. */
const DAWDLE = `import { setTimeout as wait } from 'node:timers/promises';
import { defineTool } from 'parley/tool';
import { z } from 'zod';
export default defineTool({
  name: 'dawdle', description: 'Waits.', input: z.object({}), risk: 'read', deadlineMs: 25_000,
  async run() { await wait(9_000); return { waited: true }; },
});
`;
const refused = (status: number, code: number): RestFault => ({ kind: 'status', status, code, message: 'Invalid' });
const hasFiles = ({ body }: FaultedRequest): boolean => ((body as Json).attachments ?? []).length > 0;
const upload = { method: 'PATCH', path: /^\/webhooks\//, when: hasFiles } as const;
const edit = { method: 'PATCH', path: /^\/webhooks\// } as const;

describe('in the started process, an answer that cannot be sent becomes a sentence within 10 s', () => {
  const tools = mkdtempSync(join(tmpdir(), 'parley-answers-'));
  let world: StartedWorld;
  let olga: SimulatedPerson;
  before(async () => {
    writeFileSync(join(tools, 'dawdle.ts'), DAWDLE);
    world = await StartedWorld.start({ env: { TOOLS_DIR: tools } });
    olga = world.guild.addPerson({ name: 'Olga', admin: true });
  });
  after(async () => {
    await world.close();
    rmSync(tools, { recursive: true });
  });

  const asked = async (rule: FaultRule, typed: string, values: Json = {}): Promise<Answer> => {
    const fault = world.discord.restFaults.add(rule);
    try {
      const answer = await olga.command(typed, values, { timeoutMs: 10_000 });
      assert.equal(fault.struck > 0, true, 'the fault struck');
      assert.equal(answer.ephemeral, true);
      return answer;
    } finally {
      fault.remove();
    }
  };

  for (const [what, fault] of [
    ['is refused as an invalid form', refused(400, 50035)],
    [
      'is forbidden by a page of the network before Discord',
      { kind: 'status', status: 403, body: '<html>', type: 'text/html' },
    ],
    ['fails on Discord’s side', refused(503, 0)],
    ['is cut off', { kind: 'cut' }],
  ] as const satisfies readonly (readonly [string, RestFault])[]) {
    it(`an upload that ${what}: the text comes without the file, and says so`, async () => {
      const answer = await asked({ ...upload, fault }, '/privacy export');
      assert.match(answer.content, NO_FILE);
      assert.deepEqual(answer.files, []);
    });
  }

  it('an upload that is too large is told as that', async () => {
    const answer = await asked({ ...upload, fault: refused(413, 40005) }, '/privacy export');
    assert.equal(
      answer.content,
      'Discord did not take the file: it is too large. Ask for less, or for another format.',
    );
  });

  it('an upload whose answer was lost, or that failed once, is made again', async () => {
    for (const fault of [{ kind: 'cut', acts: true }, refused(500, 0)] as const) {
      const before = world.discord.requests.length;
      const answer = await asked({ ...upload, fault, times: 1 }, '/privacy export');
      const again = () =>
        world.discord.requests.slice(before).some((one) => one.files.length === 1 && one.status === 200);
      await world.until('the second upload', again);
      assert.equal(answer.files.length, 1);
      assert.deepEqual(answer.followUps, []);
    }
  });

  it('an upload that hangs, or is slow, is told of meanwhile, and comes when it can', async () => {
    const hung = world.discord.restFaults.add({ ...upload, times: 1, fault: { kind: 'hang' } });
    const first = await olga.command('/privacy export', {}, { timeoutMs: 10_000 });
    assert.equal(first.content, SLOW);
    const slow = world.discord.restFaults.add({ ...upload, times: 1, fault: { kind: 'late', ms: 9_000, acts: false } });
    const second = await olga.command('/privacy export', {}, { timeoutMs: 10_000 });
    assert.equal(second.content, SLOW);
    await world.until('the slow file', () => second.files.length === 1);
    assert.match(second.content, /^This is all that I keep of you/);
    await world.until('the file that hung', () => first.files.length === 1, 40_000);
    assert.deepEqual([hung.struck, slow.struck], [1, 1]);
    assert.deepEqual([...first.followUps, ...second.followUps], []);
  });

  it('an upload that came and whose answer is late leaves no second message behind', async () => {
    const fault: RestFault = { kind: 'late', ms: 9_000 };
    const late = world.discord.restFaults.add({ ...upload, times: 1, fault });
    const answer = await olga.command('/privacy export', {}, { timeoutMs: 10_000 });
    assert.equal(answer.files.length, 1);
    await world.until('the sentence', () => answer.followUps.length === 1);
    await world.until('it is gone', () => answer.followUps[0]?.deleted === true);
    late.remove();
  });

  it('a text whose place cannot be written comes as a message of its own', async () => {
    const told = /^I am in no voice channel here\./;
    for (const fault of [
      { kind: 'hang' },
      refused(502, 0),
      {
        kind: 'status',
        status: 429,
        body: { message: 'You are being rate limited.', retry_after: 60, global: false },
        headers: { 'retry-after': '60' },
      },
    ] as const satisfies readonly RestFault[]) {
      assert.match((await asked({ ...edit, fault }, '/status')).content, told, JSON.stringify(fault));
    }
  });

  it('a text that Discord refuses becomes a plain sentence', async () => {
    const when = ({ body }: FaultedRequest): boolean => (body as Json).content !== BROKEN;
    assert.equal((await asked({ ...edit, when, fault: refused(400, 50035) }, '/status')).content, BROKEN);
    assert.equal((await asked({ ...edit, fault: refused(400, 50035) }, '/status')).content, BROKEN);
  });

  it('what takes long to make is told of meanwhile', async () => {
    const answer = await olga.command('/tools test', { tool: 'dawdle' }, { timeoutMs: 10_000 });
    assert.equal(answer.content, SLOW);
    await world.until('the answer', () => answer.content.startsWith('`dawdle` brought'));
    assert.deepEqual(answer.followUps, []);
  });

  it('a button is answered as a command is', async () => {
    const { message } = await olga.command('/privacy forget', {}, { timeoutMs: 10_000 });
    assert.ok(message);
    const id = message.components[0]?.components[0].custom_id;
    const fault = world.discord.restFaults.add({ ...edit, fault: { kind: 'hang' } });
    assert.match((await olga.press(message, id, { timeoutMs: 10_000 })).content, /^It is done/);
    fault.remove();
  });

  it('a deferral that Discord took without ever saying so is followed by the answer', async () => {
    let count = 0;
    const fault = (): RestFault => (++count === 1 ? { kind: 'status', status: 503, acts: true } : { kind: 'hang' });
    const answer = await asked({ method: 'POST', path: /^\/interactions\//, fault }, '/status');
    assert.match(answer.content, /^I am in no voice channel here\./);
  });

  it('nothing of it ended the process, and all of it stands in the log', () => {
    assert.equal(world.bot.running, true);
    const messages = new Set(world.bot.log.filter(({ level }) => level >= 40).map(({ msg }) => msg));
    assert.deepEqual([...messages].sort(), [
      'Discord did not say that it took a deferral',
      'Discord refuses requests (429)',
      'an answer got lost on its way, trying again',
      'an answer was not taken as it was',
    ]);
  });
});
