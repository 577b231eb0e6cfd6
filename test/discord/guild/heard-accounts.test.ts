import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { DiscordAPIError, type Guild } from 'discord.js';
import { HeardAccounts } from '../../../src/discord/guild/heard-accounts.ts';

type Account = { readonly bot: boolean | null; readonly system?: boolean };
const refusal = (code: number): DiscordAPIError =>
  new DiscordAPIError({ code, message: 'Unknown' }, code, 404, 'GET', 'https://discord.test', {});

/** A guild that knows these accounts, and learns of the others when it asks. */
function guildOf(known: Record<string, Account>, found: (userId: string) => Account | Error = () => refusal(10_007)) {
  const members = new Map(Object.entries(known).map(([id, user]) => [id, { user }]));
  const users = new Map<string, Account>();
  const asked: string[] = [];
  const fetched = async (userId: string) => {
    asked.push(userId);
    await Promise.resolve();
    const account = found(userId);
    if (account instanceof Error) throw account;
    members.set(userId, { user: account });
  };
  const guild = {
    id: '1',
    members: { cache: members, fetch: ({ user }: { user: string }) => fetched(user) },
    client: { users: { cache: users, fetch: async () => Promise.reject(refusal(10_013)) } },
  } as unknown as Guild;
  return { guild, asked };
}

describe('whose sound is used', () => {
  const accounts: Record<string, Account> = { 1: { bot: false }, 2: { bot: true }, 3: { bot: false, system: true } };

  it('is that of people who want it, never of bots and of Discord itself', () => {
    const { guild } = guildOf(accounts);
    const heard = new HeardAccounts({ guild, wants: (id) => id !== '4', bots: () => [] });
    assert.deepEqual(
      ['1', '2', '3'].map((id) => heard.mayHear(id)),
      [true, false, false],
    );
    assert.deepEqual(
      ['1', '2', '3'].map((id) => heard.isBot(id)),
      [false, true, true],
    );
    const nobody = new HeardAccounts({ guild, wants: () => false, bots: () => ['2'] });
    assert.deepEqual(
      ['1', '2'].map((id) => nobody.mayHear(id)),
      [false, false],
    );
  });

  it('is also that of a bot that the server names, from then on and no longer', () => {
    const { guild } = guildOf(accounts);
    let bots: readonly string[] = [];
    const heard = new HeardAccounts({ guild, wants: () => true, bots: () => bots });
    bots = ['2'];
    assert.deepEqual([heard.mayHear('2'), heard.mayHear('3'), heard.isBot('2')], [true, false, true]);
    bots = [];
    assert.equal(heard.mayHear('2'), false);
  });

  it('is nobody’s who is not known, and theirs once they were found', async () => {
    for (const [account, expected] of [
      [{ bot: false }, true],
      [{ bot: true }, false],
    ] as const) {
      const { guild, asked } = guildOf({}, () => account);
      const heard = new HeardAccounts({ guild, wants: () => true, bots: () => [] });
      for (let packet = 0; packet < 50; packet++) assert.equal(heard.mayHear('9'), false);
      await wait(0);
      assert.equal(heard.mayHear('9'), expected);
      assert.deepEqual(asked, ['9'], 'asked once');
    }
  });

  it('asks again soon where Discord could not be asked, and late where nobody is found', async (t) => {
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    let answer: Account | Error = new Error('no network');
    const { guild, asked } = guildOf({}, () => answer);
    const heard = new HeardAccounts({ guild, wants: () => true, bots: () => [] });
    const tried = async (at: number): Promise<number> => {
      now = at;
      heard.mayHear('9');
      for (let i = 0; i < 5; i++) await Promise.resolve();
      await wait(0);
      return asked.length;
    };
    assert.deepEqual([await tried(0), await tried(1_000), await tried(5_001)], [1, 1, 2]);
    answer = refusal(10_007);
    assert.deepEqual([await tried(10_100), await tried(20_000), await tried(70_200)], [3, 3, 4]);
    answer = { bot: false };
    assert.equal(await tried(130_400), 5);
    assert.equal(heard.mayHear('9'), true);
  });
});
