import { randomUUID } from 'node:crypto';
import type { ChatInputCommandInteraction } from 'discord.js';
import { GuildRoom } from '../../discord/guild/room.ts';
import { TranscriptChannel } from '../../discord/text/transcript-channel.ts';
import { personOf } from '../../names/person.ts';
import type { Consent } from '../../ports/consent.ts';
import type { Bridges } from '../../ports/conversation.ts';
import type { SettingsStore } from '../../ports/settings.ts';
import type { Toolbox, ToolContext, ToolTrial, TrialResult } from '../../ports/tools.ts';
import { view } from '../../transcript/readable.ts';
import type { DecisionLog } from '../decision-log.ts';

/** A person reads no more in one answer. */
const LINE_LIMIT = 1_500;

/** Runs tools from the keyboard, as the person who types, with that person's rights. */
export class ToolTrials {
  readonly #deps: {
    readonly toolbox: Toolbox;
    readonly settings: SettingsStore;
    readonly bridges: Bridges;
    readonly decisions: DecisionLog;
    /** Who may be heard, so whose words a tool may tell. */
    readonly consent: Pick<Consent, 'mayHear'>;
  };

  constructor(deps: {
    toolbox: Toolbox;
    settings: SettingsStore;
    bridges: Bridges;
    decisions: DecisionLog;
    consent: Pick<Consent, 'mayHear'>;
  }) {
    this.#deps = deps;
  }

  /** Never rejects for what the tool does; gives lines of Discord markdown that show untrusted text as it is. */
  readonly run = async (asked: ChatInputCommandInteraction<'cached'>, trial: ToolTrial): Promise<TrialResult> => {
    const { settings, toolbox } = this.#deps;
    const { disabledTools } = await settings.get(asked.guildId);
    const callId = `typed-${randomUUID()}`;
    const call = {
      callId,
      replyId: callId,
      turnIds: [],
      name: trial.tool,
      arguments: JSON.stringify(trial.arguments),
    };
    const { ok, output } = await toolbox.run(call, disabledTools, await this.#contextOf(asked));
    return { ok, lines: view(output, LINE_LIMIT).text.split('\n') };
  };

  /** The room of the conversation; without one, the voice channel of the person, or where they typed. */
  async #contextOf(asked: ChatInputCommandInteraction<'cached'>): Promise<ToolContext> {
    const { settings, bridges, decisions, consent } = this.#deps;
    const { guild, guildId } = asked;
    const own = await settings.get(guildId);
    const channelId = bridges.find(guildId)?.channelId ?? asked.member.voice.channelId ?? asked.channelId;
    const text = new TranscriptChannel(guild, own.transcriptChannelId ?? channelId);
    const nothing = (): void => {};
    return {
      room: new GuildRoom({
        guild,
        channelId,
        textChannelId: () => text.channelId,
        mayHear: (userId) => consent.mayHear(guildId, userId),
      }),
      text,
      askers: [personOf(asked)],
      certain: true,
      typed: true,
      // The command's own time is longer than any tool's.
      signal: new AbortController().signal,
      decided: (decision) => decisions.observe({ type: 'decided', decision, only: asked.user.id }, guildId),
      progress: nothing,
      attach: nothing,
    };
  }
}
