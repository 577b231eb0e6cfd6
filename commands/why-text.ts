import type { AnswerReason } from '../src/ports/bridge-events.ts';
import type { TurnStory } from '../src/ports/conversation.ts';
import { duration, listed, plain } from './text.ts';

/** What became of one turn, in plain words. */
export function storyWords(story: TurnStory): string {
  return [`${begun(story)}.`, decided(story), steps(story), replied(story)].filter(Boolean).join(' ');
}

function begun({ name, typed, spokeMs, waited }: TurnStory): string {
  const who = name === null ? 'Somebody unknown' : `**${plain(name, 40)}**`;
  const did = typed ? 'wrote to me' : spokeMs === undefined ? 'is speaking' : `spoke for ${duration(spokeMs)}`;
  if (!waited) return `${who} ${did}`;
  return `${who} ${did}, after ${duration(waited.ms)} of waiting for ${waited.by === null ? 'me' : `**${plain(waited.by, 40)}**`}`;
}

function decided(story: TurnStory): string {
  const { decision, audience, spokeMs } = story;
  if (decision) return decision.reason.kind === 'model' ? choiceWords(story) : reasonWords(decision.reason);
  switch (audience) {
    case 'everybody':
      return 'I answered everybody then.';
    case 'some':
      return spokeMs === undefined
        ? 'Whether it is meant for me I know when I have the words.'
        : 'I wait for the words of it, to know whether it was meant for me.';
    case 'untold':
      return 'I could not tell in time who speaks to me, so I answered everybody.';
    case 'listens':
      return 'I only write down what is said, and answer nobody.';
    case null:
      return '';
    default:
      return audience satisfies never;
  }
}

/** A model that was left to choose shows by its answer what it chose. */
function choiceWords({ audibleAt, reply }: TurnStory): string {
  if (audibleAt !== undefined || (reply && reply.producedMs > 0)) return 'The model decided that it was meant for me.';
  if (!reply || reply.interrupted) return 'It is left to the model whether it was meant for me.';
  return 'The model decided that it was not meant for me, and stayed silent.';
}

function reasonWords(reason: Exclude<AnswerReason, { kind: 'model' }>): string {
  switch (reason.kind) {
    case 'name':
      return `I heard my name: “${plain(reason.word, 40)}” ${reason.place === 'middle' ? 'in the middle' : `at the ${reason.place}`}.`;
    case 'follow-up':
      return 'It followed my answer to them, so I took it as meant for me.';
    case 'alone':
      return 'Nobody else was there, so it was meant for me.';
    case 'not-addressed':
      return 'My name was neither at its start nor at its end, so I did not answer.';
    case 'no-words':
      return 'No words of it were written down, so I did not answer.';
    case 'bot-again':
      return 'It was a bot again, which I answer only once a person has spoken.';
    case 'never':
      return 'I answer nobody here (`/voice answer`).';
    default:
      return reason satisfies never;
  }
}

/** How long after the last sound of the turn each step came. */
function steps({ spokenAt, endedAt, wordsAt, decision, decidedAt, audibleAt }: TurnStory): string {
  if (spokenAt === undefined) return '';
  const late = decision?.reason.kind === 'name' || decision?.reason.kind === 'not-addressed';
  const all = [
    ['turn over', endedAt],
    ['words', decision?.reason.kind === 'no-words' ? undefined : wordsAt],
    ['decision', late ? decidedAt : undefined],
    ['first sound', audibleAt],
  ] as const;
  const known = all.flatMap(([step, at]) =>
    at === undefined ? [] : [`${step} ${duration(Math.max(0, at - spokenAt))}`],
  );
  return known.length === 0 ? '' : `After the end of speech: ${listed(known)}.`;
}

function replied({ reply }: TurnStory): string {
  if (!reply) return '';
  const { heardMs, producedMs, interrupted, by } = reply;
  if (!interrupted && producedMs === 0) return '';
  if (!interrupted) return `My answer of ${duration(producedMs)} was heard to its end.`;
  const who = by === undefined ? 'My answer was cut off' : `**${plain(by, 40)}** cut me off`;
  if (heardMs <= 0) return `${who} before it was heard.`;
  return `${who} after ${duration(heardMs)} of the ${duration(producedMs)} that were there.`;
}
