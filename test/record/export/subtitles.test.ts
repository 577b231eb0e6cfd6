import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import {
  answers,
  BEGAN,
  calls,
  comes,
  conversation,
  fileOf,
  HOSTILE,
  says,
  tells,
} from '../../support/world/scene-lines.ts';

// Neither has types that can be had under our settings.
const require = createRequire(import.meta.url);
interface Cue {
  readonly identifier: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}
const webVtt: { parse(text: string, options: object): { valid: boolean; cues: Cue[]; errors: unknown[] } } =
  require('node-webvtt');
interface Subtitle {
  readonly id: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly text: string;
}
const { default: SrtParser }: { default: new () => { fromSrt(text: string): Subtitle[] } } = await import(
  'srt-parser-2'
);

const ANNA = ['100', 'Anna'] as const;
const BEN = ['101', 'Ben'] as const;
const JOINER = /\u2060/g;

test('subtitles overlap where people did, and last at least half a second', () => {
  const lines = [
    tells('An AI listens.', 0),
    says(ANNA, 'One', 1_500, 2_000),
    says(BEN, 'Two', 2_000, 0),
    comes(BEN, 3_000),
    calls('get_weather', '{}', '{}', 4_000),
    answers('Three', 3_600_000, 65_250),
  ];
  const expected = [
    { start: 1.5, end: 3.5, text: 'Anna: One' },
    { start: 2, end: 2.5, text: 'Ben: Two' },
    { start: 3_600, end: 3_665.25, text: 'Parley: Three' },
  ];
  const srt = new SrtParser().fromSrt(fileOf('srt', lines));
  assert.deepEqual(
    srt.map(({ startSeconds, endSeconds, text }) => ({ start: startSeconds, end: endSeconds, text })),
    expected,
  );
  const vtt = webVtt.parse(fileOf('vtt', lines), { strict: true });
  assert.deepEqual(
    vtt.cues.map(({ start, end, text }) => ({ start, end, text: spoken(text) })),
    expected,
  );
});

test('no text and no name of anybody becomes a cue, a tag or the end of one', () => {
  const lines = HOSTILE.flatMap((text, at) => [
    says(['100', 'Anna'], text, at * 2_000),
    says(['7', text], 'words', at * 2_000 + 1_000),
  ]);
  const srt = fileOf('srt', lines, { server: HOSTILE.join(' '), channel: 'x --> y\n\n1' });
  const srtCues = new SrtParser().fromSrt(srt);
  assert.equal(srtCues.length, 2 * HOSTILE.length);
  assert.deepEqual(
    srtCues.map(({ id }) => Number(id)),
    lines.map((_, at) => at + 1),
  );
  assert.ok(srtCues.every(({ text }) => !/<\/?[a-z!]|\{\\|-->/i.test(text)));
  assert.equal(srtCues[12]?.text.replace(JOINER, ''), 'Anna: <b>bold</b> {\\an8}&amp; &lt; &#60;');

  const vtt = webVtt.parse(fileOf('vtt', lines, { server: HOSTILE.join(' '), channel: 'x --> y\n\n1' }), {
    strict: true,
  });
  assert.equal(vtt.cues.length, 2 * HOSTILE.length);
  assert.ok(vtt.cues.every(({ text }) => /^<v [^<>&\n]*(?:&(?:amp|lt|gt);[^<>&\n]*)*>[^<>]*<\/v>$/.test(text)));
  assert.equal(spoken(vtt.cues[12]?.text ?? ''), 'Anna: <b>bold</b> {\\an8}&amp; &lt; &#60;');
});

test('what began before its conversation has no negative time, and words that never came are said to be missing', () => {
  const early = { ...says(ANNA, '', 0, 800, { state: 'unknown' }), startedAt: BEGAN - 400 };
  const [cue] = new SrtParser().fromSrt(fileOf('srt', [early]));
  assert.deepEqual([cue?.startSeconds, cue?.text], [0, 'Anna: (no transcript came)']);
  assert.equal(conversation.startedAt, BEGAN);
});

test('a file without a word is still one', () => {
  assert.deepEqual(webVtt.parse(fileOf('vtt', []), { strict: true }).cues, []);
  assert.deepEqual(new SrtParser().fromSrt(fileOf('srt', [])), []);
});

/** A cue's text as a player shows it, with the voice as the name before it. */
function spoken(text: string): string {
  const [, name = '', words = ''] = /^<v ([^>]*)>(.*)<\/v>$/s.exec(text) ?? [];
  const shown = (part: string) => part.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  return `${shown(name)}: ${shown(words)}`;
}
