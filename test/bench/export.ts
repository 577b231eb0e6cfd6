import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { newLineId } from '../../src/lib/line-ids.ts';
import type { ExportFormat } from '../../src/ports/export.ts';
import type { RecordedConversation, RecordedLine, RecordReader } from '../../src/ports/record.ts';
import { Exporter } from '../../src/record/exporter.ts';
import type { RecordStore } from '../../src/store/record/record-store.ts';
import { wordOf } from '../support/generators/many-lines.ts';
import { median } from './statistics.ts';

const FORMATS: readonly ExportFormat[] = ['html', 'txt', 'md', 'json', 'csv', 'srt', 'vtt'];
const BEGAN = Date.parse('2026-02-01T18:00:00Z');
const EVERY_MS = 2_500;
const BATCH = 500;
const RUNS = 5;
const DISCORD_BYTES = 10 * 2 ** 20;

/** What one form of export took: the middle and the worst of some runs. */
interface ExportFigures {
  readonly format: ExportFormat;
  readonly medianMs: number;
  readonly worstMs: number;
  readonly bytes: number;
  readonly packed: string;
  /** How long the event loop stood still, whatever else the machine did. */
  readonly heldUpMs: number;
  /** The longest that this thread worked between two turns of the loop: what of it is our own. */
  readonly workMs: number;
}

/** Writes one long conversation of a guild of its own: people and the model by turns, and each tenth line a call. */
export async function writeLong(store: RecordStore, lines: number): Promise<RecordedConversation> {
  const id = newLineId(BEGAN);
  const conversation: RecordedConversation = {
    id,
    guildId: '3',
    channelId: '4',
    transcriptChannelId: '4',
    mode: 'talk',
    provider: 'openai',
    model: 'gpt-realtime-2.1',
    startedAt: BEGAN,
    endedAt: BEGAN + lines * EVERY_MS,
    endReason: 'asked',
  };
  for (let from = 0; from < lines; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, lines - from) }, (_, at) => lineAt(from + at, id));
    await store.write({ conversation, turns: [], lines: batch });
  }
  return conversation;
}

/** Exports it in every form, one after the other. */
export async function* exportAll(
  record: RecordReader,
  conversation: RecordedConversation,
): AsyncGenerator<ExportFigures> {
  const exporting = new Exporter({ record, now: () => Date.now() });
  for (const format of FORMATS) {
    const times: number[] = [];
    let [heldUpMs, workMs, bytes, packed] = [0, 0, 0, ''];
    for (let run = 0; run < RUNS; run += 1) {
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      await wait(20);
      const work = watchWork();
      const began = performance.now();
      const made = await exporting.make({
        conversation,
        format,
        server: 'Harbour',
        channel: 'Lounge',
        mayRead: () => Promise.resolve(true),
        fileLimitBytes: DISCORD_BYTES,
      });
      times.push(performance.now() - began);
      workMs = Math.max(workMs, work.longestMs());
      await wait(20);
      delay.disable();
      heldUpMs = Math.max(heldUpMs, delay.max / 1e6);
      bytes = made.files.reduce((sum, file) => sum + file.bytes.length, 0);
      packed = made.packed;
    }
    yield { format, medianMs: median(times), worstMs: Math.max(...times), bytes, packed, heldUpMs, workMs };
  }
}

/** Looks at this thread's own CPU time at every turn of the event loop, which other programs do not lengthen. */
function watchWork(): { longestMs(): number } {
  const now = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  let last = now();
  let longest = 0;
  let isOver = false;
  const turn = (): void => {
    const at = now();
    longest = Math.max(longest, at - last);
    last = at;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    longestMs: () => {
      isOver = true;
      return longest;
    },
  };
}

function lineAt(at: number, conversationId: number): RecordedLine {
  const startedAt = BEGAN + at * EVERY_MS;
  const id = newLineId(startedAt);
  const posts = [{ channelId: '4', messageId: String(at) }];
  const common = { id, conversationId, guildId: '3', channelId: '4', startedAt, posts };
  const words = (count: number) =>
    Array.from({ length: count }, (_, word) => wordOf((at * 31 + word * 7) % 900)).join(' ');
  const person = { userId: String(100 + (at % 7)), name: `Person ${at % 7}` };
  if (at % 10 === 9) {
    return {
      ...common,
      kind: 'tool-call',
      callId: `call_${at}`,
      replyId: `r${at}`,
      askers: [person],
      name: 'get_weather',
      arguments: '{"place":"Lisbon","days":3}',
      result: { ok: true, output: JSON.stringify({ place: 'Lisbon', text: words(60) }) },
      endedAt: startedAt + 300,
    };
  }
  const isModel = at % 3 === 2;
  return {
    ...common,
    kind: 'utterance',
    by: isModel ? 'model' : 'person',
    userId: isModel ? null : person.userId,
    name: isModel ? 'Parley' : person.name,
    endedAt: startedAt + 2_400 + (at % 4) * 300,
    text: words(12 + (at % 20)),
    language: null,
    model: isModel ? 'gpt-realtime-2.1' : null,
    written: false,
    state: 'final',
    cut: isModel && at % 5 === 0 ? { heardMs: 1_000, producedMs: 2_400 } : null,
    turnId: isModel ? null : at,
    replyId: isModel ? `r${at}` : null,
    turnIds: isModel ? [at - 1] : [],
    itemIds: [`item_${at}`],
  };
}
