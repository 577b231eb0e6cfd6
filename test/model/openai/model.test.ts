import { SimulatedOpenAI } from '@parley/simulator/models';
import { azureModel, openAIModel } from '../../../src/model/openai/model.ts';
import { contract, SILENT_LOG } from '../contract.ts';
import { schemas } from '../schemas.ts';

contract({
  name: 'OpenAI',
  start: (options) => SimulatedOpenAI.start(options),
  model: ({ url, apiKey, model = 'gpt-realtime-2.1', log = SILENT_LOG, timing }) =>
    openAIModel({ apiKey, baseUrl: url, model, log, ...(timing ? { timing } : {}) }),
  check: (frame) => schemas?.checkOpenAI(frame, 'client') ?? [],
  keyVariable: 'OPENAI_API_KEY',
  modelVariable: 'OPENAI_MODEL',
});

contract({
  name: 'Azure OpenAI',
  start: (options) => SimulatedOpenAI.start(options),
  model: ({ url, apiKey, model = 'gpt-realtime-2.1', log = SILENT_LOG, timing }) =>
    azureModel({
      apiKey,
      baseUrl: url.replace(/\/v1$/, '/openai/v1'),
      deployment: model,
      model: null,
      transcriber: 'scribe',
      log,
      ...(timing ? { timing } : {}),
    }),
  check: (frame) => schemas?.checkOpenAI(frame, 'client') ?? [],
  keyVariable: 'AZURE_OPENAI_API_KEY',
  modelVariable: 'AZURE_OPENAI_DEPLOYMENT',
});
