import { SimulatedGemini } from '@parley/simulator/models';
import { geminiModel, vertexModel } from '../../../src/model/gemini/model.ts';
import { contract, SILENT_LOG } from '../contract.ts';
import { schemas } from '../schemas.ts';

for (const [name, model] of [
  ['Gemini 3.8', 'gemini-3.8-live'],
  ['Gemini 2.5', 'gemini-2.5-flash-native-audio-preview-12-2025'],
] as const) {
  contract({
    name,
    start: (options) => SimulatedGemini.start({ ...options, playbackClock: false, bundle: name === 'Gemini 3.8' }),
    model: ({ url, apiKey, model: other, log = SILENT_LOG, timing }) =>
      geminiModel({ apiKey, baseUrl: url, model: other ?? model, log, ...(timing ? { timing } : {}) }),
    check: (frame) => schemas?.checkGemini(frame, 'client') ?? [],
    keyVariable: 'GEMINI_API_KEY',
    modelVariable: 'GEMINI_MODEL',
  });
}

contract({
  name: 'Vertex AI',
  start: (options) => SimulatedGemini.start({ ...options, playbackClock: false }),
  model: ({ url, apiKey, model = 'gemini-live-2.5-flash-native-audio', log = SILENT_LOG, timing }) =>
    vertexModel({
      project: 'my-project',
      location: 'us-central1',
      apiKey,
      baseUrl: url,
      model,
      log,
      ...(timing ? { timing } : {}),
    }),
  check: (frame) => schemas?.checkGemini(frame, 'client') ?? [],
  keyVariable: 'VERTEX_API_KEY',
  modelVariable: 'VERTEX_MODEL',
});
