/**
 * What the live service was seen to do now and then. Tests set it at any time; what is undefined does not happen. Each is
 * asked for every turn, answer or call.
 */
export interface GeminiWhims {
  /** Words of a turn come so much later (ms): 3 to 8 s (pipecat-ai/pipecat#4108). */
  wordsLateMs?: () => number;
  /** Words of a turn come once more after so many ms (google-gemini/gemini-live-api-examples#48: 55 s). */
  wordsAgainMs?: () => number | undefined;
  /** This end of an answer never comes (the same report: no turnComplete for 50 s and more). */
  loses?: (end: AnswerEnd) => boolean;
  /** A call comes twice. */
  callsTwice?: () => boolean;
  /** A turn is answered with nothing whatever, not even its end. */
  ignores?: () => boolean;
}

export type AnswerEnd = 'generationComplete' | 'turnComplete' | 'interrupted';
