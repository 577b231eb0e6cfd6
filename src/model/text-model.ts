import type { TextModel } from '../ports/reading.ts';
import { geminiText } from './gemini/text.ts';
import { openAIText } from './openai/text.ts';
import type { TextEndpoint } from './text-endpoint.ts';
import { WRITING_PATIENCE } from './writing-again.ts';

/** Models that are cheap, read long texts and take a schema. */
const USUAL = { openai: 'gpt-5.4-mini', gemini: 'gemini-3.1-flash-lite' } as const;
type TextProvider = keyof typeof USUAL;

/**
 * The text model of the first configured provider that has one (OpenAI or the Gemini API); undefined: none. `wanted`: a
 * model's id, of that provider or as `openai:ID`, `gemini:ID` of this one; null: the usual one.
 */
export function textModel(
  configs: readonly (({ readonly provider: string } & Partial<TextEndpoint>) | { readonly provider: string })[],
  wanted: string | null,
  patience = WRITING_PATIENCE,
): TextModel | undefined {
  const [, named, id] = /^(openai|gemini):(.+)$/.exec(wanted ?? '') ?? [];
  const found = configs.find(
    (one): one is TextEndpoint & { readonly provider: TextProvider } =>
      (one.provider === 'openai' || one.provider === 'gemini') && (named === undefined || one.provider === named),
  );
  if (!found) return undefined;
  const model = id ?? wanted ?? USUAL[found.provider];
  return found.provider === 'openai' ? openAIText(found, model, patience) : geminiText(found, model, patience);
}
