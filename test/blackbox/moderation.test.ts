import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { SimulatedPerson, StoredMessage } from '@parley/simulator/discord';
import type { ScriptedReply, ScriptInput } from '@parley/simulator/models';
import { PermissionFlagsBits } from 'discord.js';
import { Pitches } from '../support/sound/pitches.ts';
import { tone } from '../support/sound/sound.ts';
import { INPUT_RATE, PROTOCOLS, World } from '../support/world/world.ts';

const MODERATOR = ['MuteMembers', 'MoveMembers', 'ModerateMembers'] as const;
const pitches = new Pitches(['Mo', 'Ben']);
const say = (text: string): ScriptedReply => ({ say: { text, pcm: tone({ hz: 1700, ms: 200, rate: 24000 }) } });
// Most of it is waiting, and each block has a world of its own; its tests share that and take turns.
describe('moderation by voice', { concurrency: true }, () => {
  for (const protocol of PROTOCOLS) {
    describe(`over ${protocol}`, { concurrency: 1 }, () => {
      let world: World;
      afterEach(() => world.close());

      /** What the next turn of somebody has the model call. */
      let wish: { readonly by: string; readonly call: NonNullable<ScriptedReply['calls']>[number] } | undefined;
      const script = ({ unanswered }: ScriptInput): ScriptedReply => {
        const last = unanswered.findLast(({ pcm }) => pcm.length > 0);
        const people = last ? pitches.read(last.pcm, INPUT_RATE[protocol]) : [];
        if (!wish || !people.includes(wish.by)) return say('Well.');
        const { call } = wish;
        wish = undefined;
        return { calls: [call] };
      };

      async function start() {
        world = await World.start({ protocol, script });
        const { guild } = world;
        const role = guild.createRole({ name: 'Mods', permissions: MODERATOR });
        const ben = await world.person('Ben');
        const people = { ben, mo: guild.addPerson({ name: 'Mo', roles: [role] }) };
        const max = guild.addPerson({ name: 'Max', roles: [role] });
        const manager = guild.addPerson({ name: 'Mia', roles: [guild.createRole({ permissions: ['ManageGuild'] })] });
        for (const one of [people.mo, max]) await one.join(world.channelId);
        // As a manager does after docs/tools.md: the permissions to the bot's role, and that above the others.
        const own = [...guild.roles.values()].find(({ managed }) => managed);
        assert.ok(own);
        own.permissions |= MODERATOR.map((name) => PermissionFlagsBits[name]).reduce((all, bit) => all | bit);
        own.position = guild.roles.size + 1;
        guild.roleChanged(own);
        for (const tool of ['mute_member', 'timeout_member', 'disconnect_member']) {
          const { content } = await manager.command(
            '/tools allow',
            { tool, who: guild.id },
            { channelId: world.channelId },
          );
          assert.equal(content, `\`${tool}\` is now for everybody. It is in effect at once.`);
        }
        await world.join(people.mo);
        return { ...people, max };
      }

      const questions = () =>
        world.guild.messages(world.channelId).filter(({ content }) => content.includes('Please confirm'));
      const press = (by: SimulatedPerson, message: StoredMessage, label: string) =>
        by.press(
          message,
          message.components[0]?.components.find((one: { label: string }) => one.label === label).custom_id,
        );
      const output = (nth: number) => world.of('tool-ended')[nth]?.result.output ?? '';
      /** Has somebody ask for it, once the bot has been quiet for a while. */
      const ask = async (person: SimulatedPerson, name: string, args: Record<string, unknown>) => {
        let last = { replies: -1, at: 0 };
        await world.until('silence', () => {
          const replies = world.of('reply-ended').length;
          const quiet = world.of('reply-started').length === replies;
          if (!quiet || replies !== last.replies) last = { replies, at: performance.now() };
          return performance.now() - last.at > 600;
        });
        wish = { by: person.name, call: { name, arguments: args } };
        await person.voice.speak(pitches.sound(person.name, 600));
      };

      it('mutes whom a moderator named once they pressed the button, and nobody else can press it', async () => {
        const { mo, max, ben } = await start();
        await ask(mo, 'mute_member', { person: 'Ben' });
        await world.until('the question', () => questions().length === 1);
        const message = structuredClone(questions()[0]) as StoredMessage;
        assert.ok(message.content.includes(`Mute "Ben" (${ben.userId}) for everybody.`), message.content);
        assert.match((await press(ben, message, 'Confirm')).content, /^Only who asked for it \(Mo\), or a moderator/);
        assert.equal(ben.member.mute, false, 'not before somebody who may said yes');
        assert.equal((await press(mo, message, 'Confirm')).content, 'Confirmed.');
        await world.until('the end', () => world.of('tool-ended').length === 1);
        assert.deepEqual(JSON.parse(output(0)), { done: true, person: 'Ben', muted: true });
        assert.equal(ben.member.mute, true);
        assert.equal(max.member.mute, false);
        const reasons = world.discord.requests.filter(({ method }) => method === 'PATCH').map(({ reason }) => reason);
        assert.ok(reasons.includes(`asked for by Mo (${mo.userId}) by voice`), JSON.stringify(reasons));
      });

      it('asks nobody to confirm what Discord would not let the asker do, and says why not', async () => {
        const { mo, ben, max } = await start();
        const wishes = [
          [
            mo,
            'timeout_member',
            { person: 'Max', minutes: 5 },
            /The highest role of \\"Mo\\" does not stand above that of/,
          ],
          [mo, 'disconnect_member', { person: 'Zoe' }, /There is no person here called \\"Zoe\\"/],
          // Last: Gemini's next reply may answer him too, and then has the rights that both share.
          [ben, 'mute_member', { person: 'Mo' }, /needs the permission Mute Members in Discord.* not \\"Ben\\"/],
        ] as const;
        for (const [nth, [person, name, args, reason]] of wishes.entries()) {
          await ask(person, name, args);
          await world.until(`refusal ${nth}`, () => world.of('tool-ended').length === nth + 1);
          assert.match(output(nth), reason);
        }
        assert.deepEqual(questions(), []);
        assert.deepEqual([mo.member.mute, max.member.timedOutUntil], [false, null]);
        const { content } = await ben.command('/why', {}, { channelId: world.channelId });
        assert.match(content, /\*\*Ben\*\* asked for mute\\_member .*: refused\. .*Mute Members/);
        assert.match(content, /\*\*Mo\*\* asked for timeout\\_member .*: refused\. .*does not stand above/);
      });
    });
  }
});
