import type { Choice } from '../command.ts';
import { languageName, languageWords } from './settings-text.ts';

const AUTO = 'auto';
/** Offered while somebody types; any other language can be typed as its tag. */
const COMMON = [
  ...['en', 'de', 'fr', 'es', 'it', 'pt', 'pt-BR', 'nl', 'pl', 'tr', 'ru', 'uk', 'cs', 'sv', 'da', 'nb', 'fi', 'el'],
  ...['hu', 'ro', 'ar', 'he', 'hi', 'id', 'vi', 'th', 'ja', 'ko', 'zh', 'zh-Hant'],
];

/** What somebody means by a language: a canonical BCP-47 tag, null for automatic, undefined where it is none. */
export function findLanguage(typed: string): string | null | undefined {
  const text = typed.trim();
  if (text.toLowerCase() === AUTO) return null;
  const named = COMMON.find((tag) => languageName(tag)?.toLowerCase() === text.toLowerCase());
  if (named) return named;
  try {
    const [tag] = Intl.getCanonicalLocales(text.replaceAll('_', '-'));
    // Well-formed is not enough: `german` is, and no provider takes it.
    return tag !== undefined && languageName(tag) !== undefined ? tag : undefined;
  } catch {
    return undefined;
  }
}

/** Proposals for what was typed, by tag or English name. */
export function languageChoices(typed: string): readonly Choice[] {
  const part = typed.trim().toLowerCase();
  const common = COMMON.filter((tag) => languageWords(tag).toLowerCase().includes(part));
  const own = findLanguage(part);
  const tags = own && !common.includes(own) ? [own, ...common] : common;
  const choices = tags.map((tag) => ({ name: languageWords(tag), value: tag }));
  return AUTO.includes(part) ? [{ name: 'auto (no hint)', value: AUTO }, ...choices] : choices;
}
