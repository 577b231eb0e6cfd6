import assert from 'node:assert/strict';
import { it } from 'node:test';
import { dayAt, instantOf, plusDays } from '../../src/time/zones.ts';
import { StartedWorld } from '../support/world/started-world.ts';

it('times are those of the server and the person, never of the host; what is not certain is asked; a button ends what comes again', async (t) => {
  const world = await StartedWorld.start({ env: { TZ: 'Pacific/Kiritimati' } });
  t.after(() => world.close());
  const anna = world.guild.addPerson({ name: 'Anna', admin: true });
  const dieter = world.guild.addPerson({ name: 'Dieter', admin: true, locale: 'de' });
  const in_ = { channelId: world.textChannelId, timeoutMs: 15_000 };
  const remind = async (who: typeof anna, when: string): Promise<string> =>
    (await who.command('/tools test', { tool: 'remind_me', arguments: `text=Tea when="${when}"` }, in_)).content;
  const seconds = (hour: number, zone: string, days = 1): number =>
    instantOf({ ...plusDays(dayAt(Date.now(), zone), days), hour, minute: 0 }, zone) / 1_000;

  assert.match(await remind(anna, 'tomorrow at 18:00'), /In which city or time zone\?/);
  await anna.command('/voice timezone', { zone: 'Berlin' }, in_);
  assert.match(await remind(anna, 'tomorrow at 18:00'), new RegExp(`<t:${seconds(18, 'Europe/Berlin')}:f>`));
  const year = dayAt(Date.now(), 'Europe/Berlin').year;
  const december = instantOf({ year, month: 12, day: 31, hour: 18, minute: 0 }, 'Europe/Berlin') / 1_000;
  assert.match(await remind(anna, `31 december ${year} at 18:00`), new RegExp(`<t:${december}:f>`));
  assert.match(await remind(anna, `31 december ${year}`), /On \w+ 31 December at what time\?/);
  assert.match(await remind(anna, 'tomorrow at 9'), /At 9:00 tomorrow or at 21:00 tomorrow\?/);

  await dieter.command('/reminders timezone', { zone: 'New York' }, in_);
  assert.match(await remind(dieter, 'morgen um halb sieben abends'), /<t:\d+:f>/);
  assert.match(await remind(dieter, 'morgen um 9 Uhr'), new RegExp(`<t:${seconds(9, 'America/New_York')}:f>`));
  assert.match(await remind(dieter, 'morgen um 9 Uhr ungefähr'), /At 9:00 tomorrow, or what does “ungefahr” mean\?/);

  assert.match(await remind(dieter, 'jeden Tag um 9 Uhr'), /every day at 9:00 \(America\/New\\?_York\)/);
  const listed = await dieter.command('/reminders list', {}, in_);
  assert.match(listed.content, /every day at 9:00 \(America\/New_York\)/);
  const [button] = listed.components[0]?.components ?? [];
  assert.match(button.label, /^Stop \d+$/);
  assert.ok(listed.message);
  assert.equal(
    (await dieter.press(listed.message, button.custom_id, in_)).content,
    'I do not remind you of that any more.',
  );
  assert.doesNotMatch((await dieter.command('/reminders list', {}, in_)).content, /every day/);
  assert.doesNotMatch(world.bot.stdout, /morgen|Tea/, 'nobody’s words are in the log');
});
