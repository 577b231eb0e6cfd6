import type { Json } from '../guild/entities.ts';
import type { FormFaults } from './discord-error.ts';

const LONGEST_QUESTION = 300;
const LONGEST_ANSWER = 55;
const MOST_ANSWERS = 10;
/** 32 days. */
const MOST_HOURS = 768;
const USUAL_HOURS = 24;

/** The rules of a poll that is created. https://docs.discord.com/developers/resources/poll#poll-create-request-object */
export function checkPoll(poll: unknown, faults: FormFaults): void {
  if (poll === undefined || poll === null) return;
  if (typeof poll !== 'object' || Array.isArray(poll)) {
    faults.add('poll', 'DICT_TYPE_CONVERT', 'Only dictionaries may be used in a DictType');
    return;
  }
  const { question, answers, duration, layout_type: layout } = poll as Json;
  faults.text(question?.text, 'poll.question.text', { min: 1, max: LONGEST_QUESTION, required: true });
  const list = faults.list(answers, 'poll.answers', MOST_ANSWERS);
  if (list.length === 0) faults.required('poll.answers');
  list.forEach((answer, index) => {
    const at = `poll.answers.${index}.poll_media.text`;
    faults.text(answer?.poll_media?.text, at, { min: 1, max: LONGEST_ANSWER, required: true });
  });
  if (duration !== undefined && duration !== null)
    faults.number(duration, 'poll.duration', { min: 1, max: MOST_HOURS });
  if (layout !== undefined && layout !== null) faults.choice(layout, 'poll.layout_type', [1]);
}

/** A checked poll as the API gives it back. https://docs.discord.com/developers/resources/poll#poll-object */
export function pollJson(poll: Json, at: number): Json {
  return {
    question: { text: poll.question.text },
    answers: poll.answers.map((answer: Json, index: number) => ({
      answer_id: index + 1,
      poll_media: { text: answer.poll_media.text, ...(answer.poll_media.emoji && { emoji: answer.poll_media.emoji }) },
    })),
    expiry: new Date(at + (poll.duration ?? USUAL_HOURS) * 3_600_000).toISOString(),
    allow_multiselect: Boolean(poll.allow_multiselect),
    layout_type: poll.layout_type ?? 1,
    results: { is_finalized: false, answer_counts: [] },
  };
}
