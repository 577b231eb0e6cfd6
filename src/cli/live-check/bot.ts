// The bot under check, in a process of its own: put together and started as npm start does, and driven by hand in the place
// of commands, which no bot can type to another one. A child of live-check.ts.
import { createHash } from 'node:crypto';
import { type ChatInputCommandInteraction, Events, MessageFlags } from 'discord.js';
import type { Inside, Parley } from '../../app/parley.ts';
import { startParley } from '../../app/start-parley.ts';
import { readConfig } from '../../config/config.ts';
import { openTextChannel } from '../../discord/text/text-channel.ts';
import { createLog } from '../../process/log.ts';
import { serve } from './child.ts';
import { MOST_USD } from './cost.ts';
import type { BotAsks, BotTells, Place, TypedCommand } from './door.ts';
import { PERSONA } from './second-bot/sentences.ts';

/** Told many times a second, and of no use here. */
const UNTOLD = new Set(['speaking', 'level']);
const FILE_BYTES = 10 * 2 ** 20;

let parley: Parley | undefined;

const tell = serve<BotAsks, BotTells>(
  {
    async start({ guildId, ear }) {
      const config = readConfig();
      const log = createLog({ level: 'debug', redact: config.secrets, pretty: false });
      process.on('unhandledRejection', (error) =>
        log.error({ err: error }, 'a promise was rejected and nobody listened'),
      );
      parley = await startParley({
        config,
        log,
        observe: (event) => {
          if (!UNTOLD.has(event.type)) tell(event);
        },
        onDead: (error) => log.error(error.message),
        hearsBot: (_guild, userId) => userId === ear,
      });
      const { settings, consent, toolNames } = parley.inside;
      await consent.setMode(guildId, 'opt-in');
      await consent.choose(guildId, ear, 'in');
      // Short to read for the model, since that costs, and without anything that it could do.
      await settings.set(guildId, { persona: PERSONA, disabledTools: toolNames(), budgetUsd: MOST_USD });
      return { label: parley.inside.label };
    },
    async join({ guildId, channelId, by }) {
      await inside().bridges.open({ guildId, channelId, by });
      return null;
    },
    file: (place) => postFile(inside(), place),
    commands: ({ guildId, count, limitMs }) => typedCommands(inside(), { guildId, count, limitMs }),
    async leave({ guildId }) {
      await inside().bridges.find(guildId)?.close({ kind: 'asked', by: null });
      return null;
    },
  },
  async () => parley?.stop(),
);

function inside(): Inside {
  if (!parley) throw new Error('The bot was not started.');
  return parley.inside;
}

async function postFile({ client, record, exports }: Inside, { guildId, channelId }: Place) {
  const [conversation] = await record.conversations({ guildId, channelIds: [channelId], limit: 1 });
  if (!conversation) throw new Error('The record has no conversation.');
  const { files, lines } = await exports.make({
    conversation,
    format: 'html',
    server: 'live-check',
    channel: 'live-check',
    mayRead: async () => true,
    fileLimitBytes: FILE_BYTES,
  });
  const channel = await openTextChannel(await client.guilds.fetch(guildId), channelId);
  const messageId = await channel.post('-# A file of the live check; it is deleted at once.', [], files);
  const bytes = files[0]?.bytes ?? new Uint8Array();
  return { messageId, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), lines };
}

async function typedCommands(
  { client }: Inside,
  { guildId, count, limitMs }: BotAsks['commands'][0],
): Promise<readonly TypedCommand[]> {
  const answers: Promise<TypedCommand>[] = [];
  const enough = Promise.withResolvers<void>();
  const late = setTimeout(enough.resolve, limitMs);
  client.on(Events.InteractionCreate, (interaction) => {
    if (interaction.guildId !== guildId || !interaction.isChatInputCommand()) return;
    answers.push(answerOf(interaction));
    if (answers.length >= count) enough.resolve();
  });
  await enough.promise;
  clearTimeout(late);
  return Promise.all(answers);
}

const ANSWER_MS = 15_000;

/** Asks Discord for the answer until it is there: what stands at “thinking…” is none. */
async function answerOf(interaction: ChatInputCommandInteraction): Promise<TypedCommand> {
  const subcommand = interaction.options.getSubcommand(false);
  const name = subcommand === null ? interaction.commandName : `${interaction.commandName} ${subcommand}`;
  const startedAt = performance.now();
  while (performance.now() - startedAt < ANSWER_MS) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const answer = await interaction.fetchReply().catch(() => undefined);
    if (answer && !answer.flags.has(MessageFlags.Loading)) {
      return { name, tookMs: performance.now() - startedAt, files: answer.attachments.size };
    }
  }
  return { name, tookMs: null, files: 0 };
}
