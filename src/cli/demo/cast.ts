import type { ScriptedReply, ScriptInput } from '@parley/simulator/models';
import { recording } from '@parley/simulator/sound';

/** What Anna and Ben say, and what the stand-in of the model answers: it understands nothing of it. */
const lines = {
  anna: 'Hello Parley, what is the weather like in Berlin right now?',
  ben: 'Wait, stop please. Who else is in here with us?',
  weather:
    'In Berlin it is eleven degrees and cloudy, with a light wind from the west. Later this evening there may be some ' +
    'rain, so take an umbrella if you go out. Tomorrow looks brighter, with sunshine from noon on.',
  here: 'Anna and Ben are in the channel, and I am listening to both of you.',
} as const;

/** The script of the stand-in: the first turn asks for the weather, every later one for who is here. */
export function script(input: ScriptInput): ScriptedReply {
  const results = input.toolResults.map((result) => result.name);
  if (results.includes('get_weather')) return { say: { text: lines.weather, pcm: recording('model-weather').pcm } };
  if (results.includes('who_is_here')) return { say: { text: lines.here, pcm: recording('model-here').pcm } };
  // Thinking takes a real model a few hundred milliseconds.
  if (input.turn === 1) {
    return { heard: lines.anna, delayMs: 250, calls: [{ name: 'get_weather', arguments: { place: 'Berlin' } }] };
  }
  return { heard: lines.ben, delayMs: 250, calls: [{ name: 'who_is_here', arguments: {} }] };
}
