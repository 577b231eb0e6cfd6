import type { RecordedLine } from '../../../src/ports/record.ts';
import { answers, calls, comes, says, tells } from './scene-lines.ts';

const ANNA = ['100', 'Anna'] as const;
const BEN = ['101', 'Ben'] as const;
const MIRA = ['102', 'מירה'] as const;
const ELENI = ['103', 'Ελένη 🌸'] as const;
const SAM = ['104', 'Sam <3'] as const;

/** An evening among five people and the bot, with something of everything that a transcript can hold. */
export function evening(): readonly RecordedLine[] {
  const s = 1_000;
  return [
    tells('Parley, an AI, listens here; Anna asked it in. What you say is sent to OpenAI. /leave sends it away.', 0),
    says(ANNA, 'Good evening everybody. Are we all here?', 4 * s, 2_300),
    says(BEN, 'Yes, hello!', 6 * s, 900),
    says(MIRA, 'ערב טוב, אני כאן. מתי מתחילים?', 9 * s, 2_600),
    comes(ELENI, 14 * s),
    says(ELENI, 'Καλησπέρα, συγγνώμη που άργησα!', 17 * s, 2_400),
    says(ANNA, 'Parley, what will the weather be in Lisbon on Saturday?', 24 * s, 3_200),
    calls(
      'get_weather',
      '{"place":"Lisbon","days":3}',
      '{"place":"Lisbon, Portugal","days":[{"date":"2026-11-21","sky":"light rain","min":13,"max":18},{"date":"2026-11-22","sky":"clear","min":12,"max":19}]}',
      28 * s,
    ),
    answers(
      'On Saturday it will rain a little in Lisbon, 13 to 18 degrees. Sunday is better: clear, and up to 19',
      29 * s,
      5_400,
      {
        cut: { heardMs: 5_400, producedMs: 9_100 },
      },
    ),
    says(BEN, 'Sunday, then. Let us take the early train.', 33 * s, 2_100),
    says(SAM, 'The <b>early</b> one? It leaves at 6:40, & nobody of us gets up for that.', 37 * s, 3_800),
    says(ANNA, 'No, wait, there is another one at nine.', 39 * s, 2_000),
    says(BEN, '', 47 * s, 700, { state: 'unknown' }),
    answers('There is a train at 8:55, with one change. It arrives at 11:20.', 51 * s, 4_000),
    says(MIRA, 'מצוין, אני קונה כרטיסים לכולם (5 × 23.50 €).', 58 * s, 3_000),
    says(ELENI, 'https://example.com/tickets?from=porto&to=lisbon', 66 * s, 0, { written: true }),
    calls('create_reminder', '{"text":"Buy tickets","when":"tomorrow 9:00"}', 'The time is in the past.', 70 * s, {
      result: { ok: false, output: 'You may have at most 20 reminders. Delete one with /reminders first.' },
      endedAt: null,
    }),
    answers('I could not set the reminder: you have too many of them.', 72 * s, 3_000),
    comes(SAM, 80 * s, 'left'),
    tells('The connection to OpenAI was lost for 4 s; what you said meanwhile was kept.', 85 * s),
    says(ANNA, 'Thank you. Über die Rückfahrt reden wir dann im Café.', 92 * s, 3_000, { language: 'de' }),
  ];
}
