/** How long a sign of a reply is waited for, in ms; tests shorten it. */
export interface ReplyPatience {
  /** From the request to response.created, which comes within a second; then it is asked for anew, and once only. */
  readonly beginMs: number;
  /** From one event of a response to the next; a model that reasons may think first. */
  readonly nextMs: number;
  /** The same once everything that it began has ended: response.done should follow at once. */
  readonly doneMs: number;
  /** From the request to cancel it to its end. */
  readonly cancelMs: number;
  /** The same of a response that we do not know of, and that another one has to wait for. */
  readonly otherMs: number;
}

/** In ms; tests shorten it. */
export interface WordsPatience {
  /** From a commit to its confirmation. */
  readonly commitMs: number;
  /** From there to the words. */
  readonly wordsMs: number;
}

/** In ms; tests shorten it. */
export interface DeedsPatience {
  /** From what was asked for to its confirmation; then it is asked for once more. */
  readonly doneMs: number;
}
