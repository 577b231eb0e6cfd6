import { AuditLog } from '../../../src/store/audit-log.ts';
import type { Database } from '../../../src/store/database/database.ts';
import type { TextCipher } from '../../../src/store/encryption/text-cipher.ts';
import { NoteStore } from '../../../src/store/notes.ts';
import { PersonZoneStore } from '../../../src/store/personal/person-zones.ts';
import { addRemoval } from '../../../src/store/record/post-removals.ts';
import { RecordStore } from '../../../src/store/record/record-store.ts';
import { ReminderStore } from '../../../src/store/reminders.ts';
import { ReportStore } from '../../../src/store/reports.ts';
import { RuleCardStore } from '../../../src/store/rule-cards.ts';
import { GuildSettingsStore } from '../../../src/store/settings.ts';
import { UsageStore } from '../../../src/store/usage.ts';
import { VoicePlaceStore } from '../../../src/store/voice-places.ts';
import { keptLog } from '../doubles/log.ts';

export const AT = Date.parse('2026-11-30T10:00:00Z');

/** Fills every table that has sealed texts, by the stores themselves; each text has `mark` in it. `number`: of the server, for ids. */
export async function fillEveryTable(
  database: Database,
  seal: TextCipher,
  guildId: string,
  mark: string,
  number = Number(guildId),
  userId = '100',
): Promise<void> {
  const by = { userId, name: `${mark} name` };
  const id = number * 1_000_000;
  const line = { conversationId: id, guildId, channelId: '10', startedAt: AT, posts: [] };
  const call = {
    callId: `call_${id}`,
    replyId: 'reply_1',
    askers: [by],
    name: 'roll_dice',
    arguments: `{"a":"${mark}"}`,
  };
  await new RecordStore(database, seal).write({
    conversation: {
      id,
      guildId,
      channelId: '10',
      transcriptChannelId: '9',
      mode: 'talk',
      provider: 'openai',
      model: 'gpt-realtime-2.1',
      startedAt: AT,
      endedAt: AT + 1,
      endReason: 'asked',
    },
    turns: [{ turnId: 1, ...by, startedAt: AT, endedAt: AT, typed: false, answered: true }],
    lines: [
      {
        ...line,
        kind: 'utterance',
        id: id + 1,
        endedAt: AT,
        by: 'person',
        ...by,
        text: `${mark} said`,
        language: null,
        model: null,
        written: false,
        state: 'final',
        cut: null,
        turnId: 1,
        replyId: null,
        turnIds: [],
        itemIds: [],
      },
      { ...line, kind: 'tool-call', id: id + 2, ...call, result: { ok: true, output: `"${mark}"` }, endedAt: AT },
      { ...line, kind: 'joined', id: id + 3, ...by },
      { ...line, kind: 'notice', id: id + 4, text: `${mark} came`, about: userId },
    ],
  });
  await new AuditLog({ database, seal, now: () => AT }).note({ guildId, by, act: 'search', what: mark, lines: 1 });
  const card = {
    guildId,
    channelId: '10',
    ...by,
    text: mark,
    rules: [{ id: 1, kind: 'word' as const, text: mark }],
    key: 'turn:1',
    at: AT,
    endedAt: AT,
    context: [{ ...by, text: mark, at: AT }],
    complete: true,
    said: null,
    posted: null,
    deeds: [{ kind: 'noted' as const, by, at: AT, text: mark }],
  };
  await new RuleCardStore(database, seal).add(card);
  const report = { guildId, channelId: '10', by, about: by, reason: mark, text: mark, at: AT, posted: null };
  await new ReportStore(database, seal).add(report);
  await new NoteStore(database, () => AT, seal).add(guildId, { text: mark, by });
  const reminder = { guildId, channelId: '10', person: by, text: mark, dueAt: AT + 60_000 };
  await new ReminderStore(database, () => AT, seal).add(reminder);
  await new PersonZoneStore(database).set(guildId, userId, 'Europe/Berlin');
  const used = { guild_id: guildId, day: '2026-11-30', channel_id: '10', user_id: userId, name: by.name };
  const sums = { replies: 1, estimated_replies: 0, seconds: 1, searches: 0, text_in: 1, cached_text_in: 0 };
  const more = { audio_in: 1, cached_audio_in: 0, text_out: 1, audio_out: 1 };
  const usage = new UsageStore(database, keptLog().log, undefined, seal);
  await usage.add([{ ...used, provider: 'openai', model: 'gpt-realtime-2.1', ...sums, ...more }]);
  await new VoicePlaceStore(database, seal).keep({ guildId, channelId: '10', by, mode: 'talk' });
  await new GuildSettingsStore(database, seal).set(guildId, { persona: mark });
  await database.transaction((transaction) =>
    addRemoval(transaction, seal, {
      guildId,
      userId,
      post: { channelId: '9', messageId: `${id}` },
      extent: 'lines',
      beginnings: [mark],
    }),
  );
}
