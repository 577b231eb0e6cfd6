import type { LiveServerContent, Part } from '@google/genai';
import type { ServerWork, Source } from '../bridge/ports.ts';

/** Pages that one reply names at most. */
const SOURCES = 20;
const LONGEST_TITLE = 200;
/** A longer address is no use to anybody: Discord cuts it. */
const LONGEST_URL = 1_000;

/**
 * What Google's tools did for one reply. Grounding comes with, before or after the words, and often again with more in
 * it, so everything is told once (ai.google.dev/api/generate-content, GroundingMetadata, UrlContextMetadata).
 */
export class GeminiServerWork {
  readonly #urls = new Set<string>();
  readonly #queries = new Set<string>();

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
    if (sources.length === 0 && queries.length === 0) return undefined;
    return { kind: 'sources', searches: new Set(queries).size, sources };
  }

  #newSource({ url, title }: Source): readonly Source[] {
    if (this.#urls.has(url) || this.#urls.size >= SOURCES || url.length > LONGEST_URL) return [];
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return [];
    this.#urls.add(url);
    return [{ url, title: (title || new URL(url).hostname).slice(0, LONGEST_TITLE) }];
  }
}
