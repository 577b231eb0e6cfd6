import type { LiveServerContent, Part } from '@google/genai';
import type { ServerWork, Source } from '../../ports/tool-calls.ts';

/** Pages that one reply names at most. */
const SOURCES = 20;
const LONGEST_TITLE = 200;
/** A longer address is no use to anybody: Discord cuts it. */
const LONGEST_URL = 1_000;

/**
 * What Google's tools did for one reply. Grounding comes with, before or after the words, and often again with more in
 * it, so everything is told once (ai.google.dev/api/generate-content, GroundingMetadata, UrlContextMetadata).
 */
export class GeminiProviderTools {
  readonly #urls = new Set<string>();
  readonly #queries = new Set<string>();
  readonly #suggested = new Set<string>();

  /** A part of the model's turn: code that it ran, or what that printed; undefined for any other. */
  static inPart({ executableCode, codeExecutionResult }: Part): ServerWork | undefined {
    if (executableCode?.code) {
      const language = String(executableCode.language ?? '').toLowerCase();
      return { kind: 'code', language: language === 'python' ? language : '', code: executableCode.code };
    }
    if (!codeExecutionResult) return undefined;
    const { outcome, output } = codeExecutionResult;
    return { kind: 'code-output', ok: outcome === undefined || outcome === 'OUTCOME_OK', output: output ?? '' };
  }

  /** New sources and queries in this content; undefined where it has none. */
  sourcesIn({ groundingMetadata, urlContextMetadata }: LiveServerContent): ServerWork | undefined {
    const found = (groundingMetadata?.groundingChunks ?? []).flatMap((chunk) => {
      const { uri, title, domain } = chunk?.web ?? {};
      return uri ? [{ url: uri, title: title || domain || '' }] : [];
    });
    const read = (urlContextMetadata?.urlMetadata ?? []).flatMap((one) => {
      const failed = one?.urlRetrievalStatus && one.urlRetrievalStatus !== 'URL_RETRIEVAL_STATUS_SUCCESS';
      return one?.retrievedUrl && !failed ? [{ url: one.retrievedUrl, title: '' }] : [];
    });
    const sources = [...found, ...read].flatMap((source) => this.#newSource(source));
    const queries = (groundingMetadata?.webSearchQueries ?? []).filter((query) => query && !this.#queries.has(query));
    for (const query of queries) this.#queries.add(query);
    const suggestions = this.#newSuggestions(groundingMetadata?.searchEntryPoint?.renderedContent);
    if (sources.length === 0 && queries.length === 0 && suggestions.length === 0) return undefined;
    const searches = new Set(queries).size;
    return { kind: 'sources', searches, sources, ...(suggestions.length > 0 && { suggestions }) };
  }

  /**
   * The links of Google's Search Suggestions, which its terms want shown as they are with every answer that rests on a
   * search, each leading straight to the results (ai.google.dev/gemini-api/docs/grounding/search-suggestions). They come as
   * HTML with one link a suggestion; of its looks, a chat can show none.
   */
  #newSuggestions(html: unknown): readonly Source[] {
    if (typeof html !== 'string') return [];
    return [...html.matchAll(/<a\b[^>]*?\bhref="([^"]+)"[^>]*>([\s\S]*?)<\/a>/gi)].flatMap(
      ([, href = '', inner = '']) => {
        const url = unescaped(href);
        const title = unescaped(inner.replace(/<[^>]*>/g, '')).trim();
        if (title === '' || url.length > LONGEST_URL || !isGoogles(url)) return [];
        if (this.#suggested.has(url) || this.#suggested.size >= SOURCES) return [];
        this.#suggested.add(url);
        return [{ url, title: title.slice(0, LONGEST_TITLE) }];
      },
    );
  }

  #newSource({ url, title }: Source): readonly Source[] {
    if (this.#urls.has(url) || this.#urls.size >= SOURCES || url.length > LONGEST_URL) return [];
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return [];
    this.#urls.add(url);
    return [{ url, title: (title || new URL(url).hostname).slice(0, LONGEST_TITLE) }];
  }
}

/** Suggestions lead to Google alone. */
function isGoogles(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' && /(^|\.)google\.com$/.test(hostname);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** The text that HTML stands for, as far as it occurs in attributes and words. */
function unescaped(html: string): string {
  return html.replace(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w{1,6}));/gi, (whole, hex, decimal, name) => {
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal);
    if (name) return ENTITIES[String(name).toLowerCase()] ?? whole;
    return code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}
