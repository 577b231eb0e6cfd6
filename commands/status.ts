import { TimestampStyles, time } from 'discord.js';
import type { BridgeStatus } from '../src/bridge/bridge-ports.ts';
import type { Person } from '../src/bridge/ports.ts';
import type { Command } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { sees } from './rights.ts';
import { channelLink, counted, duration, labelWords, listed, median, plain } from './words.ts';

/** How many of those who wait are named. */
const NAMED = 10;

/** Says how the conversation stands. */
export const status: Command = {
  data: guildCommand('status', 'Where I am, who has the floor, how fast I answer'),

  async execute(asked, { bridges, models, settings }) {
    const bridge = bridges.find(asked.guildId);
    if (!bridge) {
      const { label } = models.chosen(await settings.get(asked.guildId)).model;
      return `I am in no voice channel here. \`/join\` brings me into one. Model: ${labelWords(label)}.`;
    }
    // Who sits in a hidden channel is nobody's business outside it.
    if (!sees(asked.guild.channels.cache.get(bridge.channelId), asked.member)) {
      return 'I am in a voice channel that you cannot see.';
    }
    const startedAt = new Date(Date.now() - (performance.now() - bridge.status().startedAt));
    return statusText(bridge.status(), { since: time(startedAt, TimestampStyles.RelativeTime) });
  },
};

/** The status for people, one fact a line. `since`: when the conversation began, as Discord shows it. */
export function statusText(status: BridgeStatus, words: { since: string }): string {
  const { replyLatenciesMs } = status;
  const usual = median(replyLatenciesMs);
  const last = replyLatenciesMs.at(-1);
  return [
    `**Channel:** ${channelLink(status.channelId)}, joined ${words.since}`,
    `**Model:** ${labelWords(status.model)}`,
    `**Floor:** ${status.holder ? `${plain(status.holder.name)} is speaking` : 'free'}${status.speaking ? '; I am talking' : ''}`,
    `**Waiting:** ${status.waiting.length === 0 ? 'nobody' : namesOf(status.waiting)}`,
    `**Turns:** ${status.turns}, ${counted(status.interruptions, 'interruption')}`,
    usual === undefined || last === undefined
      ? '**Time to answer:** no answer yet'
      : `**Time to answer:** median ${duration(usual)} of the last ${replyLatenciesMs.length}, last ${duration(last)}`,
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

function connectionText({ rejoins, deafRejoins }: BridgeStatus): string {
  const deaf = deafRejoins === 0 ? '' : `, ${counted(deafRejoins, 'time')} because I could not hear somebody`;
  return `**Voice connection:** made anew ${counted(rejoins, 'time')}${deaf}`;
}

function namesOf(people: readonly Person[]): string {
  const names = people.slice(0, NAMED).map((person) => plain(person.name));
  return listed(people.length > NAMED ? [...names, `${people.length - NAMED} more`] : names);
}
