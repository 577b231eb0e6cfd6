import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { understand } from '../../src/time/phrase.ts';
import type { PhraseContext } from '../../src/time/understood.ts';
import { wallTime } from '../../src/time/zones.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');
const BERLIN = 'Europe/Berlin';
const LOCALES: Readonly<Record<string, string>> = {
  ...{ en: 'en', de: 'de', fr: 'fr', es: 'es-ES', pt: 'pt-BR', ru: 'ru' },
  ...{ ja: 'ja', zh: 'zh-CN', it: 'it', nl: 'nl', fi: 'fi', vi: 'vi', uk: 'uk' },
};
const HOSTS = ['UTC', 'America/Los_Angeles', 'Pacific/Kiritimati', 'America/Santiago', 'Asia/Kolkata'];

interface Case {
  readonly language: string;
  readonly phrase: string;
  readonly kind: string;
  readonly expected: string;
}

function cases(): Case[] {
  let language = '';
  return readFileSync(new URL('./phrases.txt', import.meta.url), 'utf8')
    .split('\n')
    .flatMap((line): Case[] => {
      language = /^\[(\w+)\]$/.exec(line)?.[1] ?? language;
      const [, phrase, kind, expected] = /^([^#[].*?) ([=*?!]) (.*)$/.exec(line) ?? [];
      return phrase && kind && expected ? [{ language, phrase, kind, expected }] : [];
    });
}

const two = (number: number): string => String(number).padStart(2, '0');

function wall(at: number, zone: string): string {
  const { year, month, day, hour, minute } = wallTime(at, zone);
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}`;
}

/** What became of it, in the form of the table. */
function outcome(phrase: string, context: PhraseContext): { readonly kind: string; readonly said: string } {
  const meant = understand(phrase, context);
  switch (meant.kind) {
    case 'at':
      return { kind: '=', said: wall(meant.at, context.zone ?? 'UTC').replace(/^2026-/, '') };
    case 'repeat':
      return { kind: '*', said: `${meant.repeat.days.join('')} ${two(meant.repeat.hour)}:${two(meant.repeat.minute)}` };
    case 'ask':
      return { kind: '?', said: meant.question };
    case 'refuse':
      return { kind: '!', said: meant.reason };
    default:
      return { kind: '?', said: '-' };
  }
}

test('600 phrases in thirteen languages are understood, asked back or refused, and none is silently wrong', () => {
  const all = cases();
  assert.ok(all.length >= 600, `${all.length} phrases`);
  const before = process.env.TZ;
  const counts = new Map<string, number>();
  try {
    for (const host of HOSTS) {
      process.env.TZ = host;
      const wrong = all.flatMap(({ language, phrase, kind, expected }) => {
        const found = outcome(phrase, { now: NOW, zone: BERLIN, locales: [LOCALES[language] ?? ''] });
        if (host === 'UTC') counts.set(found.kind, (counts.get(found.kind) ?? 0) + 1);
        const right =
          found.kind === kind &&
          (kind === '=' || kind === '*' ? found.said === expected : found.said.includes(expected.replace(/^-$/, '')));
        return right ? [] : [`${language}: ${phrase}: expected ${kind} ${expected}, was ${found.kind} ${found.said}`];
      });
      assert.deepEqual(wrong, [], `on a host in ${host}`);
    }
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
  assert.deepEqual([...counts.keys()].sort(), ['!', '*', '=', '?']);
});

test('a phrase with a word more is never understood as without it', () => {
  for (const { language, phrase, kind } of cases()) {
    if (kind !== '=' && kind !== '*') continue;
    for (const more of [`${phrase} xyzzy`, `xyzzy ${phrase}`, `${phrase} 77`]) {
      const found = outcome(more, { now: NOW, zone: BERLIN, locales: [LOCALES[language] ?? ''] });
      assert.equal(found.kind === '=' || found.kind === '*', false, `${more}: ${found.said}`);
    }
  }
});

test('the same words mean the same time of day in every zone', () => {
  for (const zone of [
    'America/New_York',
    'Asia/Kolkata',
    'Pacific/Apia',
    'Australia/Lord_Howe',
    'Pacific/Kiritimati',
  ]) {
    for (const { language, phrase, kind, expected } of cases()) {
      const time = /(?: |^)(\d\d:\d\d)$/.exec(expected)?.[1];
      // What is counted from now, and ISO instants, are the same everywhere and so another time of day.
      if (kind !== '=' || !time || time.startsWith('13:') || time.startsWith('14:') || phrase.includes('+01:00'))
        continue;
      const found = outcome(phrase, { now: NOW, zone, locales: [LOCALES[language] ?? ''] });
      const isSpan =
        /minut|hour|stunde|heure|hora|час|h\b|\dh\d|\dm\b|[間分][半]?後|[时時钟鐘]后|小時後|分鐘後|\bor[ae]\b|uur$|tunnin|phút|giờ nữa|хвилин|години/i.test(
          phrase,
        );
      if (found.kind === '=' && !isSpan) assert.ok(found.said.endsWith(time), `${zone}: ${phrase}: ${found.said}`);
    }
  }
});

test('milliseconds a phrase', () => {
  const all = cases();
  const began = performance.now();
  for (const { language, phrase } of all)
    understand(phrase, { now: NOW, zone: BERLIN, locales: [LOCALES[language] ?? ''] });
  const each = (performance.now() - began) / all.length;
  assert.ok(each < 20, `${each} ms`);
  // Nothing that somebody makes up holds the sound of others up.
  for (const one of ['1 h and ', 'час ', '1m', 'in 1 h ', '9:00 ', 'every ', 'um 9 uhr 9 ', '1,', '\u0301', '\ue000']) {
    const words = one.repeat(Math.ceil(5_000 / one.length));
    const start = performance.now();
    understand(words, { now: NOW, zone: BERLIN, locales: ['de'] });
    assert.ok(performance.now() - start < 100, `${JSON.stringify(one)}: ${performance.now() - start} ms`);
  }
});

test('a time that the clocks skip next is asked back, also where no day was said', () => {
  // Half past one in the night in which the clocks go from two to three.
  const [berlin, york] = [Date.parse('2026-03-29T00:30:00Z'), Date.parse('2026-03-08T06:30:00Z')];
  for (const [phrase, now, zone, locale, question] of [
    ['at 2:30 am', berlin, BERLIN, 'en', 'The clocks skip 2:30 today: at 3:30 today?'],
    ['um 2:30 Uhr', berlin, BERLIN, 'de', 'The clocks skip 2:30 today: at 3:30 today?'],
    ['at 2:15 am', york, 'America/New_York', 'en', 'The clocks skip 2:15 today: at 3:15 today?'],
  ] as const) {
    assert.deepEqual(understand(phrase, { now, zone, locales: [locale] }), { kind: 'ask', question }, phrase);
  }
  const noon = understand('at noon', { now: berlin, zone: BERLIN });
  assert.deepEqual(noon, { kind: 'at', at: Date.parse('2026-03-29T10:00:00Z') });
});

test('no length of time is so long that the calendar ends', () => {
  for (const [locale, phrase] of [
    ['en', 'in 999999 years'],
    ['en', 'in 999999 weeks at 9am'],
    ['en', 'monday in 999999 weeks'],
    ['en', '999999 months ago'],
    ['ja', '999999年後'],
    ['zh', '99999999999999999999个月后'],
    ['ja', '99999999999999999999時間後'],
  ] as const) {
    const { kind } = understand(phrase, { now: NOW, zone: BERLIN, locales: [locale] });
    assert.ok(kind === 'refuse' || kind === 'unknown', `${phrase}: ${kind}`);
  }
});
