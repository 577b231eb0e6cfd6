export { SimulatedGemini, type SimulatedGeminiOptions } from './gemini/server.ts';
export type { ResponseEnd } from './openai/faults.ts';
export { SimulatedOpenAI, type SimulatedOpenAIOptions } from './openai/server.ts';
export type { LoggedFrame, ModelEvent, ModelFaults } from './shared/model-server.ts';
export {
  inOrder,
  joined,
  type Script,
  type ScriptedReply,
  type ScriptedTurn,
  type ScriptInput,
  speechLike,
  type Transcriber,
} from './shared/script.ts';
export type { Writer } from './shared/text-answers.ts';
export { SimulatedWeather } from './shared/weather.ts';
