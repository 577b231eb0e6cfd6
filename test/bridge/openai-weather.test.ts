import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { applyWeather, HASTY, openAIWeather } from '../support/doubles/openai-weather.ts';
import { planOf, type Trouble, troubles } from '../support/generators/turn-plan.ts';
import { Conversation } from '../support/generators/turn-plan-runner.ts';

const SEED = Number(process.env.CONVERSATION_SEED ?? 20_261_130);
/** More of them on demand, for a longer search (npm run endurance -- openai-weather). */
const COUNT = Number(process.env.OPENAI_WEATHERS ?? 24);
const AT_ONCE = 16;

/** A line under the name of somebody who did not say every word of it. */
function miscredited(one: Conversation): string[] {
  return one.of('turn-transcript').flatMap(({ turn, text, final }) => {
    if (turn === null || Conversation.typed(text) || text.startsWith('(')) return [];
    const right = text.split(' ').every((word) => word === '' || word === turn.userId);
    return right ? [] : [`"${text}" was credited to ${turn.userId}${final ? '' : ' for a while'}`];
  });
}

/** A turn after which nobody hears an answer to it, sees it carried out, or reads why not. */
function unexplained({ events }: Conversation): string[] {
  return events.flatMap((event, at) => {
    if (event.type !== 'turn-ended') return [];
    const { id } = event.turn;
    const replies = new Set(
      events.flatMap((one) =>
        one.type === 'reply-started' && one.turns.some((turn) => turn.id === id) ? one.replyId : [],
      ),
    );
    const met = events.slice(at).some((one) => {
      if (one.type === 'trouble') return true;
      if (one.type === 'reply-audible' || one.type === 'reply-ended') return replies.has(one.replyId);
      return one.type === 'tool-started' && one.call.turnIds.includes(id);
    });
    return met ? [] : [`turn ${id} was neither answered nor explained`];
  });
}

/** A line that says the same words of the same turn as final twice, with other words between. */
function repeated(one: Conversation): string[] {
  const finals = one.of('turn-transcript').filter(({ final, turn }) => final && turn !== null);
  const ids = finals.map(({ turn }) => turn?.id);
  return [...new Set(ids)].flatMap((id) => {
    const texts = finals.filter(({ turn }) => turn?.id === id).map(({ text }) => text);
    return new Set(texts).size < texts.length ? [`turn ${id} was written down twice: ${texts.join(' | ')}`] : [];
  });
}

describe('generated conversations in the bad weather of OpenAI', () => {
  it('name nobody wrongly, let nobody act for another, and leave no question without an answer or a reason', async () => {
    const cases = fc.sample(
      fc.tuple(planOf('manual', false), openAIWeather, fc.option(troubles, { nil: undefined, freq: 2 })),
      { numRuns: COUNT, seed: SEED },
    );
    const failures: string[] = [];
    let lines = 0;
    let next = 0;
    const player = async () => {
      for (let index = next++; index < cases.length; index = next++) {
        const [plan, weather, cuts] = cases[index] as (typeof cases)[number];
        const arranged = {
          ...plan,
          timing: HASTY,
          arrange: (server: Parameters<typeof applyWeather>[0]) => applyWeather(server, weather),
        };
        try {
          // In a session that outlives its connections, as every conversation is.
          const one = await Conversation.play('openai', arranged, (cuts ?? []) as Trouble[]);
          lines += one.of('turn-transcript').filter(({ final, turn }) => final && turn !== null).length;
          const wrong = [
            ...one.faults,
            ...miscredited(one),
            ...one.ledger.usurped,
            ...unexplained(one),
            ...repeated(one),
          ];
          if (wrong.length > 0) throw new Error(`${wrong.join('\n')}\n${one.story}`);
        } catch (error) {
          const text = error instanceof Error ? error.message : String(error);
          failures.push(`conversation ${index} of seed ${SEED}: ${text}\n${JSON.stringify([plan, weather, cuts])}`);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, player));
    assert.equal(failures.length, 0, `${failures.length} of ${cases.length}:\n${failures.slice(0, 3).join('\n\n')}`);
    assert.ok(lines > COUNT, `only ${lines} lines were written down`);
    console.log(`${cases.length} conversations, ${lines} lines under a name`);
  });
});
