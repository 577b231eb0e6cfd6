// What was seen and heard, against what should have been. Pure.
import { type FoundSentence, LIKE_ENOUGH } from './posts.ts';
import { FRAME_MS, type HeardFrame, SILENCE_DB, type Sound, soundOf } from './second-bot/sound.ts';
import { duration, type Step } from './step.ts';

/** What is still well. All but the last in ms. */
const LIMITS = { answer: 3_000, stop: 600, told: 600, post: 8_000, gap: 250, missing: 0.05 } as const;
/** Nothing is waited for longer. */
export const ANSWER_PATIENCE_MS = 15_000;

/** From the end of the sentence to the first sound of the answer. */
export function answerStep(name: string, ms: number | null, turnMs: number | null): Step {
  const expected = `≤ ${duration(LIMITS.answer)}`;
  if (ms === null) {
    const advice =
      'Was it written down? Then the model did not answer: look for its errors in the log below. If not, it did not hear: UDP into this machine, or encryption.';
    return { name, verdict: 'failed', measured: `no sound within ${duration(ANSWER_PATIENCE_MS)}`, expected, advice };
  }
  const own = turnMs === null ? '' : ` (${duration(turnMs)} of it after the end of the turn)`;
  const measured = `first sound after ${duration(ms)}${own}`;
  const advice =
    'The silence that ends a turn (0.6 s), the model and the network add up: npm run doctor tells how far the model is.';
  return { name, verdict: ms <= LIMITS.answer ? 'ok' : 'failed', measured, expected, advice };
}

/** Whether an answer came whole and clear. `playedMs`: how long the bot says that it was; null: unknown. */
export function soundStep(name: string, sound: Sound | null, playedMs: number | null): Step {
  const expected = `≤ ${LIMITS.missing * 100} % missing, no gap > ${duration(LIMITS.gap)}, −40 to −6 dB`;
  if (!sound) return { name, verdict: 'skipped', measured: 'there was no answer', expected };
  const missing = `${(sound.missing * 100).toFixed(1)} % missing`;
  const level = `${Math.round(sound.levelDb)} dB`.replace('-', '−');
  const stretched = playedMs !== null && sound.ms > playedMs * STRETCH + STRETCH_MS;
  const ofIt = stretched ? ` for ${duration(playedMs)} of speech` : '';
  const measured = `${duration(sound.ms)}${ofIt}, ${missing}, longest gap ${duration(sound.longestGapMs)}, ${level}`;
  const faults = [
    ...(sound.sealed > 0 ? [`${sound.sealed} packets could not be decrypted (DAVE).`] : []),
    ...(stretched || sound.missing > LIMITS.missing || sound.longestGapMs > LIMITS.gap
      ? ['The sound has holes: the model sent it too slowly, this machine is too busy, or packets get lost.']
      : []),
    ...(sound.levelDb < -40 || sound.levelDb > -6 ? ['It is too quiet or too loud to be speech.'] : []),
    ...(sound.voiced < 0.15 ? ['It is silence for the most part.'] : []),
  ];
  return { name, verdict: faults.length === 0 ? 'ok' : 'failed', measured, expected, advice: faults.join(' ') };
}

/** An answer that takes longer than this was filled up with silence, because the rest was not there in time. */
const STRETCH = 1.15;
const STRETCH_MS = 250;

/** Whether sentences were written down as they were spoken. */
export function wordsStep(name: string, found: readonly FoundSentence[]): Step {
  const expected = `each ≥ ${LIKE_ENOUGH * 100} % as spoken`;
  const measured = found.map((one) => `${Math.round(one.likeness * 100)} %`).join(', ');
  const wrong = found.filter((one) => one.likeness < LIKE_ENOUGH);
  if (wrong.length === 0) return { name, verdict: 'ok', measured, expected };
  const best = wrong[0]?.line?.text;
  const advice =
    best === undefined
      ? 'Nothing was posted. Did the model write down what it heard? See the log below.'
      : `The nearest line is “${best.slice(0, 80)}”. If it is another one, the words never came; if not, the sound arrived broken.`;
  return { name, verdict: 'failed', measured, expected, advice };
}

/** Whether everything stands under the name of who said it; `shownName` as the channel shows it. */
export function namesStep(found: readonly FoundSentence[], shownName: string): Step {
  const name = 'Names';
  const expected = 'every sentence under the second bot’s name';
  const there = found.filter((one) => one.likeness >= LIKE_ENOUGH);
  if (there.length === 0) return { name, verdict: 'skipped', measured: 'no sentence was posted', expected };
  const right = there.filter(({ line }) => line?.name === shownName).length;
  const measured = `${right} of ${there.length} sentences`;
  const advice = 'What one person says stands under another name. Please report this with the file below.';
  return { name, verdict: right === there.length ? 'ok' : 'failed', measured, expected, advice };
}

/** How soon the sentences could be read; `lateMs` of each, null: never. */
export function postsStep(
  lateMs: readonly (number | null)[],
  seen: { readonly count: number; readonly bySecond: number | null; readonly failure: string | undefined },
): Step {
  const name = 'Posts';
  const expected = `all, within ${duration(LIMITS.post)}`;
  const there = lateMs.filter((ms) => ms !== null);
  const worst = Math.max(0, ...there);
  const others = seen.bySecond === null ? '' : `; the second bot sees ${seen.bySecond} of ${seen.count} messages`;
  const measured =
    there.length === 0
      ? `none of ${lateMs.length} sentences`
      : `${there.length} of ${lateMs.length} sentences, the last after ${duration(worst)}${others}`;
  const all = there.length === lateMs.length && worst <= LIMITS.post;
  const seenByAll = seen.bySecond === null || seen.bySecond >= seen.count;
  const advice = seen.failure ?? 'Are the words there, and the rights to write? The log below says why a post failed.';
  return { name, verdict: all && seenByAll ? 'ok' : 'failed', measured, expected, advice };
}

/** Where the sound stopped after somebody began to speak over it. Null: it was over before. */
export function stoppedAt(frames: readonly HeardFrame[], overAt: number): number | null {
  const loud = frames.filter(({ db }) => db > SILENCE_DB).map(({ at }) => at);
  const before = loud.findLast((at) => at <= overAt);
  if (before === undefined || overAt - before > PAUSE_MS) return null;
  let last = before;
  for (const at of loud) {
    if (at <= last) continue;
    if (at - last > PAUSE_MS) break;
    last = at;
  }
  return last;
}

/** No speaker pauses for so long in a sentence. */
const PAUSE_MS = 450;

/** Whether the bot stops when somebody talks over it. */
export function stopStep(frames: readonly HeardFrame[], overAt: number): Step {
  const name = 'Over the answer: it stops';
  const expected = `≤ ${duration(LIMITS.stop)} after the first word`;
  const at = stoppedAt(frames, overAt);
  if (at === null)
    return { name, verdict: 'note', measured: 'the answer was over before it was interrupted', expected };
  const ms = Math.max(0, at + FRAME_MS - overAt);
  const advice = 'It talks on over people. Does it hear them while it speaks? See `interrupted` in the log below.';
  return { name, verdict: ms <= LIMITS.stop ? 'ok' : 'failed', measured: `after ${duration(ms)}`, expected, advice };
}

/** Whether the bot counts as heard what was: that is what the model is told. */
export function toldStep(
  cut: { readonly heardMs: number; readonly producedMs: number } | undefined,
  heard: Sound | null,
): Step {
  const name = 'Over the answer: it knows';
  const expected = `within ${duration(LIMITS.told)} of what was heard`;
  const advice = 'The model believes that people heard more or less of it than they did.';
  if (!cut) return { name, verdict: 'failed', measured: 'no answer counts as interrupted', expected, advice };
  const measured = `${duration(cut.heardMs)} of ${duration(cut.producedMs)} count as heard; ${duration(heard?.ms ?? 0)} were`;
  const right = heard !== null && Math.abs(heard.ms - cut.heardMs) <= LIMITS.told;
  return { name, verdict: right ? 'ok' : 'failed', measured, expected, advice };
}

/** The sound between two instants. */
export function soundBetween(frames: readonly HeardFrame[], from: number, to = Number.POSITIVE_INFINITY): Sound | null {
  return soundOf(frames.filter(({ at }) => at >= from && at <= to));
}
