import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CommandContext } from '../../commands/command.ts';
import { StoreError } from '../../src/store/database/database.ts';
import { conversationOf } from '../support/world/recorded.ts';
import { furnish, type Rig, startRig } from './rig.ts';

const BROKEN = 'Something went wrong on my side. It is in my log; please try again in a moment.';
const COMMANDS = ['search', 'export', 'summary', 'audit', 'readers list'] as const;
let rig: Rig;
let broken: string | undefined;
before(async () => {
  rig = await startRig();
  // Whatever of these is asked for fails while it is named.
  const context: { -readonly [Name in keyof CommandContext]: CommandContext[Name] } = rig.context;
  context.record = failing('record', context.record);
  context.readers = failing('readers', context.readers);
  context.audit = failing('audit', context.audit);
  context.summaries = { label: 'Model', sumUp: async ({ lines }) => [{ text: 'SECRET', evidence: lines.slice(0, 1) }] };
});
after(() => rig.close());

function failing<Part extends object>(name: string, part: Part): Part {
  return new Proxy(part, {
    get(_target, property) {
      const member = Reflect.get(part, property);
      if (typeof member !== 'function') return member;
      if (broken === name) throw new StoreError('the disk is full');
      return member.bind(part);
    },
  });
}

test('whatever of the database fails, a sentence is shown and nothing that was said; afterwards all works again', async () => {
  const { guild, voice, anna } = await furnish(rig);
  const at = Date.parse('2026-11-20T20:00:00Z');
  const said = [{ at, channelId: voice, userId: '7', name: 'Dan', text: 'SECRET' }];
  await rig.recorded.write(conversationOf({ id: 1, guildId: guild.id, endedAt: at + 60_000 }, said));
  const answers = (): Promise<string[]> =>
    Promise.all(
      COMMANDS.map(async (command) => {
        const { content, files } = await anna.command(
          `/transcript ${command}`,
          command === 'search' ? { text: 'secret' } : {},
        );
        return `${content}${files.map(({ bytes }) => Buffer.from(bytes).toString()).join('')}`;
      }),
    );
  const concerned = {
    record: ['search', 'export', 'summary'],
    readers: ['search', 'export', 'summary', 'readers list'],
    audit: ['search', 'export', 'summary', 'audit'],
  };
  for (const [part, commands] of Object.entries(concerned)) {
    broken = part;
    const shown = await answers();
    broken = undefined;
    const failed = COMMANDS.filter((_, index) => shown[index] === BROKEN);
    assert.deepEqual(failed, commands, part);
    assert.doesNotMatch(shown.join('\n'), /SECRET|disk is full/);
  }
  const shown = await answers();
  assert.deepEqual(
    shown.map((content) => content.includes('SECRET')),
    [true, true, true, false, false],
  );
});
