import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { plain, wordsWithin } from '../../lib/markdown.ts';
import type { BridgeEvent } from '../../ports/bridge-events.ts';
import type { ServerWork } from '../../ports/tool-calls.ts';
import type { Person } from '../../ports/voice.ts';
import { asShown } from './as-shown.ts';

/** Where lines go; colours when it is a terminal, and lines broken between words at its width. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Before a quoted line: the time, and who speaks. */
const MARGIN = 18;
const BAR_CELLS = 12;
const QUIETEST_DB = -54;
/** Begins or ends a block of code in a message of Discord. */
const FENCE = /^```\w*$/;
const LEVEL_EVERY_MS = 500;

/** Shows what happens as it happens, a line for each thing. */
export class Screen {
  readonly #output: Output;
  readonly #colors: ReturnType<typeof pc.createColors>;
  readonly #startedAt = performance.now();
  readonly #names: readonly string[];
  readonly #channels = new Map<string, string>();
  #replyText = '';
  readonly #levelAt = new Map<string, number>();

  /** `names` of the people, for a colour each. */
  constructor(output: Output, names: readonly string[]) {
    this.#output = output;
    this.#names = names;
    this.#colors = pc.createColors(pc.isColorSupported && output.isTTY === true);
  }

  /** Messages hold the ids of channels; people see names. */
  nameChannel(channelId: string, name: string): void {
    this.#channels.set(channelId, name);
  }

  /** Text without a time before it. */
  plain(text: string): void {
    this.#output.write(`${text}\n`);
  }

  title(text: string): void {
    this.plain(this.#colors.bold(text));
  }

  /** A step of the demo's own story. */
  step(text: string): void {
    this.#line('demo', this.#colors.dim(text));
  }

  ok(text: string): void {
    this.plain(`${this.#colors.green('✓')} ${text}`);
  }

  failed(text: string): void {
    this.plain(`${this.#colors.red('✗')} ${text}`);
  }

  /** What somebody reads in Discord, indented as a block. */
  quote(who: string, text: string): void {
    for (const line of this.#shown(text)) this.#line(who, line);
  }

  /** What stands in a channel, without times. */
  page(text: string): void {
    for (const line of this.#shown(text)) this.plain(`  ${line}`);
  }

  /** One thing that happened in the conversation. */
  show(event: BridgeEvent): void {
    const { bold, dim, yellow, magenta, red, cyan } = this.#colors;
    switch (event.type) {
      case 'joined':
      case 'left':
      case 'private-answer':
      case 'tool-progress':
        return;
      case 'speaking':
        this.#line(event.person.name, event.speaking ? `${bold('speaks')}` : dim('stopped'));
        return;
      case 'level':
        if (!this.#isLevelDue(event.person)) return;
        this.#line(event.person.name, `${this.#bar(event.levelDb)} ${dim(`${Math.round(event.levelDb)} dBFS`)}`);
        return;
      case 'turn-began':
        this.#line('floor', `${event.turn.name} has the floor${waited(event.queuedMs)}`);
        return;
      case 'turn-ended':
        this.#line('floor', `turn of ${event.turn.name} sent: ${seconds(event.speechMs)} of speech`);
        return;
      case 'turn-transcript':
        if (event.final) this.#line('heard', `${event.turn?.name ?? 'Somebody'}: “${event.text}”`);
        return;
      case 'reply-started':
        this.#replyText = '';
        return;
      case 'reply-audible':
        this.#line('Parley', `${bold('answers aloud')}${after(event.sinceTurnMs)}`);
        return;
      case 'reply-transcript':
        this.#replyText += event.delta;
        return;
      case 'reply-ended':
        if (event.producedMs === 0) {
          if (!event.interrupted && this.#replyText !== '') this.#line('Parley', `writes “${this.#replyText.trim()}”`);
          return;
        }
        this.#line('Parley', `“${event.interrupted ? heardPart(this.#replyText, event) : this.#replyText.trim()}”`);
        this.#line('Parley', dim(`${seconds(event.heardMs)} of ${seconds(event.producedMs)} were heard`));
        return;
      case 'ducked':
        this.#line('Parley', yellow(`lowers the voice: ${event.by.name} makes a sound`));
        return;
      case 'unducked':
        this.#line('Parley', yellow('back to full voice'));
        return;
      case 'interrupted':
        this.#line('Parley', red(`cut off by ${event.by.name}, ${Math.round(event.afterMs)} ms after the first sound`));
        return;
      case 'tool-started':
        this.#line('tool', magenta(`${event.call.name}(${event.call.arguments}) for ${names(event.askers)}`));
        return;
      case 'tool-ended': {
        const state = event.result.ok ? magenta('→') : red('failed →');
        this.#line('tool', `${state} ${short(event.result.output)} ${dim(`${Math.round(event.tookMs)} ms`)}`);
        return;
      }
      case 'server-tool':
        this.#line('tool', magenta(short(workText(event.work))));
        return;
      case 'speech-dropped':
      case 'trouble':
        this.#line('!', red(event.type === 'trouble' ? event.message : `speech of ${event.person.name} was dropped`));
        return;
      case 'model-changed':
        this.#line('model', yellow(event.message));
        return;
      case 'moved':
        this.#line('Parley', cyan('was moved to another channel'));
        return;
      case 'recovered':
        this.#line('Parley', dim(`voice connection back after ${event.gapMs} ms`));
        return;
      case 'usage':
        this.#line('model', dim(`${event.usage.inputTokens} tokens in, ${event.usage.outputTokens} out`));
        return;
      case 'transcription-usage':
      case 'decided':
      case 'turn-withdrawn':
      case 'answer-decided':
        return;
      case 'ended':
        this.#line('Parley', cyan('has left the channel'));
        return;
      default:
        event satisfies never;
    }
  }

  #line(who: string, text: string): void {
    const at = ((performance.now() - this.#startedAt) / 1000).toFixed(2).padStart(6);
    const label = stripVTControlCharacters(who).padEnd(7);
    this.plain(`${this.#colors.dim(at)}  ${this.#color(who)(label)} ${text}`);
  }

  #shown(text: string): string[] {
    const look = { colors: this.#colors, channels: this.#channels };
    const room = this.#output.isTTY && this.#output.columns ? Math.max(20, this.#output.columns - MARGIN) : Infinity;
    const { dim } = this.#colors;
    let isBlock = false;
    return text.split('\n').flatMap((line) => {
      if (FENCE.test(line)) {
        isBlock = !isBlock;
        return [];
      }
      // A block stands as it is.
      const lines = isBlock ? [line] : wrapped(asShown(line, look), room);
      // The bar before a line ends what the line above it began.
      const dress = line.startsWith('-# ') ? dim : (piece: string): string => piece;
      return lines.map((piece) => `${dim('│')} ${dress(piece)}`);
    });
  }

  /** A line twice a second is enough to see that somebody is heard. */
  #isLevelDue(person: Person): boolean {
    const now = performance.now();
    if (now - (this.#levelAt.get(person.userId) ?? 0) < LEVEL_EVERY_MS) return false;
    this.#levelAt.set(person.userId, now);
    return true;
  }

  #color(who: string): (text: string) => string {
    const { blue, green, cyan, magenta, dim, yellow } = this.#colors;
    const person = this.#names.indexOf(who);
    if (person >= 0) return [blue, green, yellow][person % 3] as (text: string) => string;
    if (who === 'Parley') return cyan;
    return who === 'tool' ? magenta : dim;
  }

  #bar(levelDb: number): string {
    const cells = Math.round(Math.min(1, Math.max(0, 1 - levelDb / QUIETEST_DB)) * BAR_CELLS);
    return `${this.#colors.green('█'.repeat(cells))}${this.#colors.dim('░'.repeat(BAR_CELLS - cells))}`;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function waited(queuedMs: number): string {
  return queuedMs > 500 ? ` (${seconds(queuedMs)} were queued, sent at once)` : '';
}

function after(sinceTurnMs: number | null): string {
  return sinceTurnMs === null ? '' : ` ${Math.round(sinceTurnMs)} ms after the end of the turn`;
}

function names(people: readonly Person[]): string {
  return people.map((person) => person.name).join(' and ') || 'nobody known';
}

/** Broken between words; what colours it does not count as long. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && stripVTControlCharacters(longer).length > width) lines.push(word);
    else lines[Math.max(0, lines.length - 1)] = longer;
  }
  return lines;
}

/** What of a reply had been said when it was cut off. */
function heardPart(text: string, { heardMs, producedMs }: { heardMs: number; producedMs: number }): string {
  return `${wordsWithin(plain(text), heardMs / producedMs)} …`;
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function workText(work: ServerWork): string {
  switch (work.kind) {
    case 'sources':
      return `found ${work.sources.map(({ title }) => title).join(', ')}`;
    case 'code':
      return `runs ${work.code}`;
    case 'code-output':
      return `${work.ok ? '→' : 'failed →'} ${work.output}`;
    case 'call':
      return `${work.server}: ${work.name}(${work.arguments}) → ${work.result?.output ?? '…'}`;
    default:
      return work satisfies never;
  }
}
