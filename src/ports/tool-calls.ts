// Calls of tools and what they bring, as the model asks for them. Types only.

/**
 * How the result of a tool that the model does not wait for comes in. `interrupt`: it cuts in on the bot's own speech,
 * never on a person's. `when-idle`: once nobody speaks, the bot included. `silent`: it is only added, for the next reply.
 */
export type Delivery = 'interrupt' | 'when-idle' | 'silent';

/** A tool as the model sees it. `parameters` is a JSON Schema object. */
export interface ToolDeclaration {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The model does not wait for this tool, and its result comes in like this. Absent: the model waits. */
  readonly delivery?: Delivery | undefined;
  /** A person confirms it before it runs. */
  readonly confirm?: true | undefined;
  /** Of a tool that runs while a person cuts the bot off. Default `go-on`. */
  readonly onInterrupt?: 'abort' | 'go-on' | undefined;
}

/** A call that the model made. `arguments`: JSON text as it wrote it, unchecked. `turnIds`: the turns behind it. */
export interface ToolCall {
  readonly callId: string;
  readonly replyId: string;
  readonly turnIds: readonly number[];
  readonly name: string;
  readonly arguments: string;
}

/** A call that goes on beside the conversation. `confirm`: a person is asked first, and the model may say so. */
export type Acknowledged = Pick<ToolCall, 'callId' | 'name'> & { readonly confirm?: boolean | undefined };

/** What a tool brought. `output` is text for the model (usually JSON); a failure is a result like any other. */
export interface ToolResult {
  readonly callId: string;
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
  /** There is text from outside in it, which may try to give orders. */
  readonly outside?: boolean | undefined;
  /** Of a call that was acknowledged before: how this later result comes in. */
  readonly delivery?: Delivery | undefined;
  /** For people, where `output` had to be cut: all of it, as JSON text. */
  readonly full?: string | undefined;
}

/** A web page behind an answer. Untrusted: `url` may be anything. */
export interface Source {
  readonly title: string;
  readonly url: string;
}

/** What a tool of the provider did, as far as it tells. All of it is untrusted text. */
export type ServerWork =
  /**
   * Pages that were found or read, each told once a reply. `searches`: how many queries these are billed as. `suggestions`:
   * links to the search itself, which the provider's terms want shown with the answer.
   */
  | {
      readonly kind: 'sources';
      readonly searches: number;
      readonly sources: readonly Source[];
      readonly suggestions?: readonly Source[];
    }
  | { readonly kind: 'code'; readonly language: string; readonly code: string }
  | { readonly kind: 'code-output'; readonly ok: boolean; readonly output: string }
  /** A call on a hosted MCP server; `result` null: it has begun. */
  | {
      readonly kind: 'call';
      readonly callId: string;
      readonly server: string;
      readonly name: string;
      readonly arguments: string;
      readonly result: { readonly ok: boolean; readonly output: string } | null;
    };
