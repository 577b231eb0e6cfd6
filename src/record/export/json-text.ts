import type { RecordedLine } from '../../ports/record.ts';
import { iso } from './times.ts';
import type { PlacedLine, TranscriptFormat, TranscriptSummary } from './transcript-format.ts';

/** Goes up when a reader of the old form could not read the new one. */
const VERSION = 1;

/** Everything that is known, as docs/transcript.schema.json says; one line of the transcript on one line of the file. */
export const jsonText: TranscriptFormat = {
  extension: 'json',
  separator: ',\n',
  line: (placed) => JSON.stringify(wellFormed(shown(placed))),
  head: (summary) => {
    const head = JSON.stringify(wellFormed(about(summary)), null, 1);
    return `${head.slice(0, -2)},\n "lines": [\n`;
  },
  foot: () => '\n ]\n}\n',
};

function about({ conversation, server, channel, exportedAt, participants, lines }: TranscriptSummary) {
  const { id, guildId, channelId, mode, provider, model, startedAt, endedAt, endReason } = conversation;
  return {
    format: 'parley-transcript',
    version: VERSION,
    exportedAt: iso(exportedAt),
    server: { id: guildId, name: server },
    channel: { id: channelId, name: channel },
    conversation: {
      id: String(id),
      mode,
      provider,
      model,
      startedAt: iso(startedAt),
      endedAt: endedAt === null ? null : iso(endedAt),
      endReason,
    },
    participants: participants.map(({ userId, name }) => ({ userId, name })),
    lineCount: lines,
  };
}

function shown({ line, offsetMs, over }: PlacedLine) {
  const { id, kind, channelId, startedAt, posts } = line;
  const common = { kind, id: String(id), channelId, startedAt: iso(startedAt), offsetMs };
  return { ...common, ...ownFields(line, over), posts };
}

function ownFields(line: RecordedLine, over: readonly string[]) {
  switch (line.kind) {
    case 'utterance': {
      const { by, userId, name, text, language, model, written, state, cut, turnId, replyId, turnIds, itemIds } = line;
      const words = { by, userId, name, endedAt: iso(line.endedAt), text, language, model, written, state, cut };
      return { ...words, overlaps: over, turnId, replyId, turnIds, itemIds };
    }
    case 'tool-call': {
      const { callId, replyId, askers, name, result, endedAt } = line;
      const ended = endedAt === null ? null : iso(endedAt);
      return { endedAt: ended, callId, replyId, askers, name, arguments: line.arguments, result };
    }
    case 'joined':
    case 'left':
      return { userId: line.userId, name: line.name };
    case 'notice':
      return { text: line.text };
    default:
      return line satisfies never;
  }
}

/** A lone surrogate is no text for most readers of JSON (RFC 8259, 8.2). */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, wellFormed(item)]));
}
