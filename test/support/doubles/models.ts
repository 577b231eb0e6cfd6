import type { Capabilities, Provider } from '../../../src/ports/capabilities.ts';
import type { SpeechModel } from '../../../src/ports/model.ts';
import type { SpeechModels } from '../../../src/ports/settings.ts';

const plain = {
  updates: [],
  replyForms: ['voice'],
  serverTools: [],
  mcpServers: [],
  asyncTools: 'sequenced',
  unprompted: 'waits',
} as const;
const capabilities: Readonly<Partial<Record<Provider, Capabilities>>> = {
  openai: {
    ...plain,
    voices: ['alloy', 'marin', 'cedar'],
    turnDetection: ['manual', 'server'],
    replyForms: ['voice', 'text'],
  },
  gemini: { ...plain, voices: ['Puck', 'Kore'], turnDetection: ['manual'] },
};
const names: Readonly<Partial<Record<Provider, readonly string[]>>> = {
  openai: ['gpt-realtime-2.1', 'gpt-realtime-mini'],
  gemini: ['gemini-3.8-live'],
};
const called: Readonly<Partial<Record<Provider, string>>> = { openai: 'OpenAI', gemini: 'Google Gemini' };

/** OpenAI, the default, and Gemini, without a network; Azure lacks two variables, Vertex one. */
export const scriptedModels: SpeechModels = {
  providers: ['openai', 'gemini'],
  chosen: ({ provider, model }) => {
    const absent = provider !== null && !called[provider] ? provider : null;
    const used = provider === null || absent !== null ? 'openai' : provider;
    const chosen = modelOf(used, (absent === null ? model : null) ?? names[used]?.[0] ?? '');
    return { model: chosen, absent, transcribed: chosen.capabilities.unprompted !== null, transcriber: null };
  },
  names: (provider) => names[provider] ?? [],
  unfit: (name) => (name === 'gpt-live-1' ? `${name} leads no conversation.` : undefined),
  lacking: (provider) => {
    if (provider === 'azure') return ['AZURE_OPENAI_ENDPOINT', 'AZURE_OPENAI_DEPLOYMENT'];
    return provider === 'vertex' ? ['VERTEX_PROJECT'] : [];
  },
};

function modelOf(provider: Provider, name: string): SpeechModel {
  const known = names[provider]?.includes(name) === true;
  return {
    provider,
    name,
    label: `${called[provider]} (${name})`,
    inputRate: provider === 'openai' ? 24_000 : 16_000,
    capabilities: (known ? capabilities[provider] : undefined) ?? {
      ...plain,
      voices: [],
      turnDetection: ['manual'],
    },
    connect: () => Promise.reject(new Error('made by hand in tests')),
  };
}
