import { TimestampStyles, time } from 'discord.js';
import type { BridgeStatus } from '../src/ports/conversation.ts';
import type { StorageHealth } from '../src/ports/storage.ts';
import type { Person } from '../src/ports/voice.ts';
import type { Command } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { sees } from './permissions.ts';
import { channelLink, counted, duration, labelWords, listed, median, plain } from './text.ts';

/** How many of those who wait are named. */
const NAMED = 10;

/** Says how the conversation stands. */
export const status: Command = {
  data: guildCommand('status', 'Where I am, who has the floor, how fast I answer'),

  async execute(asked, { bridges, clock, models, settings, storage }) {
    const ago = (at: number): string => time(new Date(clock.at(at)), TimestampStyles.RelativeTime);
    const trouble = [...troubleText(asked.guildId, storage, ago), ...clockText(clock.wrongByMs)];
    const bridge = bridges.find(asked.guildId);
    const opening = bridge ? undefined : bridges.opening(asked.guildId);
    if (opening) {
      if (!sees(asked.guild.channels.cache.get(opening.channelId), asked.member))
        return 'I am in no voice channel that you can see.';
      return `I am ${opening.returning ? 'coming back into' : 'joining'} ${channelLink(opening.channelId)}, as ${plain(opening.by.name)} asked me to. \`/leave\` calls me off.`;
    }
    if (!bridge) {
      const { label } = models.chosen(await settings.get(asked.guildId)).model;
      const place = bridges.waiting.placeOf(asked.guildId);
      const waits =
        place === undefined
          ? ''
          : ` There is no room for another conversation now: you are number ${place} in the queue.`;
      const here = `I am in no voice channel here. \`/join\` brings me into one. Model: ${labelWords(label)}.${waits}`;
      return [here, ...trouble].join('\n');
    }
    // Who sits in a hidden channel is nobody's business outside it.
    if (!sees(asked.guild.channels.cache.get(bridge.channelId), asked.member)) {
      return 'I am in a voice channel that you cannot see.';
    }
    return [statusText(bridge.status(), { since: ago(bridge.status().startedAt) }), ...trouble].join('\n');
  },
};

/** What people should know of the disk; nothing where all is well. */
function troubleText(
  guildId: string,
  storage: Pick<StorageHealth, 'trouble' | 'waiting'>,
  ago: (instant: number) => string,
): readonly string[] {
  const { trouble } = storage;
  if (!trouble) return [];
  const waiting = storage.waiting(guildId);
  const kept = waiting === 0 ? '' : ` I keep ${counted(waiting, 'utterance')} in memory until it works again.`;
  return [
    `**Record:** I cannot write down what is said: ${trouble.reason}. It began ${ago(trouble.since)}.${kept} Please tell whoever runs me.`,
  ];
}

/** The status for people, one fact a line. `since`: when the conversation began, as Discord shows it. */
export function statusText(status: BridgeStatus, words: { since: string }): string {
  const { replyLatenciesMs } = status;
  const usual = median(replyLatenciesMs);
  const last = replyLatenciesMs.at(-1);
  return [
    `**Channel:** ${channelLink(status.channelId)}, joined ${words.since}`,
    ...(status.mode === 'listen' ? ['**Mode:** listen: I only write down what is said, and answer nobody'] : []),
    `**Model:** ${labelWords(status.model)}`,
    ...(status.transcriber === null ? [] : [`**Written down by:** ${labelWords(status.transcriber)}`]),
    `**Floor:** ${status.holder ? `${plain(status.holder.name)} is speaking` : 'free'}${status.speaking ? '; I am talking' : ''}`,
    `**Waiting:** ${status.waiting.length === 0 ? 'nobody' : namesOf(status.waiting)}`,
    ...(status.mode === 'listen'
      ? [`**Turns:** ${status.turns}`]
      : [
          `**Turns:** ${status.turns}, ${counted(status.interruptions, 'interruption')}`,
          usual === undefined || last === undefined
            ? '**Time to answer:** no answer yet'
            : `**Time to answer:** median ${duration(usual)} of the last ${replyLatenciesMs.length}, last ${duration(last)}`,
        ]),
    ...status.badReception
      .slice(0, NAMED)
      .map(
        ({ person, loss }) =>
          `**Sound:** ${plain(person.name)}'s packets arrive badly: ${Math.round(loss * 100)} % lost. A cable or another network helps.`,
      ),
    ...(status.unheard?.length ? [`**Not heard, as they or the server chose:** ${namesOf(status.unheard)}`] : []),
    ...(status.rejoins === 0 ? [] : [connectionText(status)]),
  ].join('\n');
}

/** `wrongByMs`: by how much the machine's clock is ahead. Nothing where it is right. */
function clockText(wrongByMs: number): readonly string[] {
  if (wrongByMs === 0) return [];
  const ms = Math.abs(wrongByMs);
  const [unitMs, unit] = UNITS.find(([size]) => ms >= ALMOST * size) ?? ([1_000, 'second'] as const);
  const off = `${counted(Math.round(ms / unitMs), unit)} ${wrongByMs > 0 ? 'ahead' : 'behind'}`;
  return [`**Clock:** that of the machine on which I run is ${off}; I go by Discord's. Whoever runs me should set it.`];
}

/** An hour but for a second is an hour. */
const ALMOST = 0.99;
const UNITS = [
  [365.25 * 86_400_000, 'year'],
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
] as const;

function connectionText({ rejoins, deafRejoins }: BridgeStatus): string {
  const deaf = deafRejoins === 0 ? '' : `, ${counted(deafRejoins, 'time')} because I could not hear somebody`;
  return `**Voice connection:** made anew ${counted(rejoins, 'time')}${deaf}`;
}

function namesOf(people: readonly Person[]): string {
  const names = people.slice(0, NAMED).map((person) => plain(person.name));
  return listed(people.length > NAMED ? [...names, `${people.length - NAMED} more`] : names);
}
