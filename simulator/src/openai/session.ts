import { setTimeout as wait } from 'node:timers/promises';
import { openAIToolFault } from '../shared/declared-tools.ts';
import { type ModelFaults, NOT_JSON, type Wire } from '../shared/model-server.ts';
import { joined, OUTPUT_RATE, type Script, type ScriptedReply, type Transcriber } from '../shared/script.ts';
import { Conversation, type Entry, entryOf, snapshot } from './conversation.ts';
import {
  type ClientEvent,
  type ClientItem,
  invalidRequest,
  type ProtocolError,
  parseClientEvent,
  type ResponseParams,
} from './events.ts';
import { sendFaulty, taken } from './faults.ts';
import { HostedTools } from './hosted-tools.ts';
import { newId } from './ids.ts';
import { INPUT_RATE, OpenAIListening, type OpenAITurn } from './listening.ts';
import { SimulatedResponse } from './response.ts';
import { defaultSettings, type SessionSettings, transcriptionFault, updated, voiceFault } from './settings.ts';

/** What the sessions of one server share. */
export interface OpenAISessionOptions {
  readonly script: Script;
  readonly hear: Transcriber | undefined;
  readonly faults: ModelFaults;
  readonly turns: OpenAITurn[];
  readonly sessionMs: number;
  /** How an instant in ms is told. */
  readonly expiresAt: (endsAtMs: number) => unknown;
  readonly cancelMs: number;
  readonly rateLimits: boolean;
  /** Tool names of the remote MCP servers that can be reached, by address. */
  readonly mcpServers: Readonly<Record<string, readonly string[]>>;
  /** Models that can be chosen to transcribe; absent: any. */
  readonly transcribers?: readonly string[];
}

type Of<T extends ClientEvent['type']> = Extract<ClientEvent, { type: T }>;

/** One connection to the simulated Realtime API. */
export class OpenAISession {
  readonly id = newId('sess');
  readonly conversation = new Conversation();
  readonly #conversationId = newId('conv');
  readonly #options: OpenAISessionOptions;
  readonly #wire: Wire;
  readonly #listening: OpenAIListening;
  readonly #hosted: HostedTools;
  #settings: SessionSettings;
  #active: SimulatedResponse | undefined;
  #running: Promise<void> = Promise.resolve();
  #spoke = false;
  constructor(wire: Wire, model: string, options: OpenAISessionOptions) {
    this.#wire = wire;
    this.#options = options;
    this.#settings = defaultSettings(model, this.id, options.expiresAt(Date.now() + options.sessionMs));
    this.#listening = new OpenAIListening({
      wire,
      conversation: this.conversation,
      faults: options.faults,
      hear: options.hear,
      turns: options.turns,
      settings: () => this.#settings,
      emit: (type, fields) => this.#emit(type, fields),
      interrupted: () => this.#active?.cancel('turn_detected'),
      // The provider waits for an interrupted response to end before it begins the next.
      replyDue: () => void this.#startAfterActive({}),
    });
    this.#hosted = new HostedTools({
      wire,
      conversation: this.conversation,
      emit: (type, fields) => this.#emit(type, fields),
      reachable: options.mcpServers,
    });
    void this.#open();
  }

  /** The session object as it was last reported. */
  get settings(): SessionSettings {
    return this.#settings;
  }

  async #open(): Promise<void> {
    const { faults, sessionMs } = this.#options;
    try {
      if (faults.slowSetupMs > 0) await wait(faults.slowSetupMs, undefined, { signal: this.#wire.signal });
      if (faults.silentSetup) return;
      this.#emit('session.created', { session: this.#settings });
      await wait(sessionMs, undefined, { signal: this.#wire.signal, ref: false });
      const text = 'Your session hit the maximum duration of 60 minutes.';
      this.#fail(invalidRequest('session_expired', text));
      this.#wire.close(1001, text); // observed by others as 1001 with this reason
    } catch {
      // The client left first.
    }
  }

  /** Takes one message of the client. */
  receive(raw: unknown): void {
    const { faults } = this.#options;
    if (faults.silentSetup) return;
    if (taken(faults.openai.ignore, String((raw as { type?: unknown } | null)?.type))) return;
    if (raw === NOT_JSON) {
      this.#fail(invalidRequest('invalid_json', 'We could not parse the JSON body of your event.'));
      return;
    }
    const given = (raw as { event_id?: unknown } | null)?.event_id;
    const eventId = typeof given === 'string' ? given : null;
    const parsed = parseClientEvent(raw);
    const error = 'error' in parsed ? parsed.error : this.#take(parsed.event);
    if (error) this.#fail(error, eventId);
  }

  #take(event: ClientEvent): ProtocolError | undefined {
    switch (event.type) {
      case 'session.update':
        return this.#update(event);
      case 'input_audio_buffer.append':
        return this.#listening.append(event.audio);
      case 'input_audio_buffer.commit':
        return this.#listening.commit();
      case 'input_audio_buffer.clear':
        this.#listening.clear();
        return undefined;
      case 'output_audio_buffer.clear':
        return invalidRequest('invalid_value', 'output_audio_buffer.clear is only for WebRTC and SIP.', 'type');
      case 'conversation.item.create':
        return this.#create(event);
      case 'conversation.item.delete':
        return this.#delete(event);
      case 'conversation.item.retrieve':
        return this.#retrieve(event);
      case 'conversation.item.truncate':
        return this.#truncate(event);
      case 'response.create':
        return this.#respond(event.response ?? {});
      case 'response.cancel':
        return this.#cancel(event);
    }
  }

  #update({ session }: Of<'session.update'>): ProtocolError | undefined {
    if (session.model !== undefined && session.model !== this.#settings.model) {
      return invalidRequest('invalid_value', 'The model of a session cannot be changed.', 'session.model');
    }
    const { voice } = session.audio?.output ?? {};
    if (this.#spoke && voice !== undefined && voice !== this.#settings.audio.output.voice) {
      const text = "Cannot update a conversation's voice if assistant audio is present.";
      return invalidRequest('cannot_update_voice', text, 'session.audio.output.voice');
    }
    const { opening } = this.#options.faults.openai;
    if (opening) {
      this.#fail(opening);
      return undefined;
    }
    const transcription = session.audio?.input?.transcription;
    const fault = transcriptionFault(transcription) ?? voiceFault(voice);
    if (fault) return fault;
    const toolFault = openAIToolFault(session.tools?.filter((tool) => tool.type === 'function') ?? []);
    if (toolFault) return invalidRequest(toolFault.code, toolFault.message, 'session.tools');
    const { transcribers } = this.#options;
    if (transcription?.model && transcribers && !transcribers.includes(transcription.model)) {
      const text = `The model \`${transcription.model}\` does not exist or you do not have access to it.`;
      return invalidRequest('model_not_found', text, 'session.audio.input.transcription.model');
    }
    this.#settings = updated(this.#settings, session);
    this.#emit('session.updated', { session: this.#settings });
    this.#hosted.named(this.#settings.tools.filter((tool) => tool.type === 'mcp'));
    return undefined;
  }

  #create({ item, previous_item_id }: Of<'conversation.item.create'>): ProtocolError | undefined {
    if (previous_item_id && previous_item_id !== 'root' && !this.conversation.find(previous_item_id)) {
      const text = `Previous item with id '${previous_item_id}' does not exist.`;
      return invalidRequest('item_create_invalid_previous_item_id', text, 'previous_item_id');
    }
    if ('id' in item && typeof item.id === 'string' && this.conversation.find(item.id)) {
      return invalidRequest('item_create_duplicate_item_id', `Item '${item.id}' already exists.`, 'item.id');
    }
    const output = item.type === 'function_call_output' ? this.conversation.findCall(item.call_id) : undefined;
    if (item.type === 'function_call_output' && !output) {
      const text = `Tool call ID '${item.call_id}' not found in conversation.`;
      return invalidRequest('invalid_tool_call_id', text, 'item.call_id');
    }
    if (item.type === 'mcp_approval_response') {
      const refusal = this.#hosted.refusalOf(item.approval_request_id);
      if (refusal) return refusal;
    }
    const entry = entryOf(item);
    const previous = this.conversation.insert(entry, previous_item_id);
    this.#emit('conversation.item.added', { previous_item_id: previous, item: snapshot(entry) });
    this.#emit('conversation.item.done', { previous_item_id: previous, item: snapshot(entry) });
    if (item.type === 'mcp_approval_response') this.#hosted.answered(item.approval_request_id, item.approve);
    return undefined;
  }

  #delete({ item_id }: Of<'conversation.item.delete'>): ProtocolError | undefined {
    if (!this.conversation.find(item_id)) {
      const text = `Error deleting item: the item with id '${item_id}' does not exist.`;
      return invalidRequest('item_delete_invalid_item_id', text, 'item_id');
    }
    this.conversation.remove(item_id);
    this.#emit('conversation.item.deleted', { item_id });
    return undefined;
  }

  #retrieve({ item_id }: Of<'conversation.item.retrieve'>): ProtocolError | undefined {
    const entry = this.conversation.find(item_id);
    if (!entry) {
      const text = `Error retrieving item: the item with id '${item_id}' does not exist.`;
      return invalidRequest('item_retrieve_invalid_item_id', text, 'item_id');
    }
    this.#emit('conversation.item.retrieved', { item: snapshot(entry) });
    return undefined;
  }

  #truncate(event: Of<'conversation.item.truncate'>): ProtocolError | undefined {
    const { item_id, content_index, audio_end_ms } = event;
    const entry = this.conversation.find(item_id);
    if (!entry) {
      const text = `Error truncating item: the item with id '${item_id}' does not exist.`;
      return invalidRequest('item_truncate_invalid_item_id', text, 'item_id');
    }
    // Also where the item exists, but no sound of it yet (github.com/livekit/agents/pull/6249).
    if (entry.kind !== 'assistant' || entry.producedSamples === 0) {
      return invalidRequest(
        'unsupported_content_type',
        'Only model output audio messages can be truncated.',
        'item_id',
      );
    }
    if (content_index !== 0) return invalidRequest('invalid_value', 'No such content part.', 'content_index');
    const producedMs = Math.floor((entry.producedSamples * 1000) / OUTPUT_RATE);
    if (audio_end_ms > producedMs) {
      const text = `Audio content of ${producedMs}ms is already shorter than ${audio_end_ms}ms`;
      return invalidRequest('invalid_value', text, 'audio_end_ms');
    }
    // The server removes the transcript: nobody knows which words lie before the cut.
    entry.wire.content = [{ type: 'output_audio', transcript: null }];
    this.#emit('conversation.item.truncated', { item_id, content_index, audio_end_ms });
    this.#wire.tell({ type: 'truncated', itemId: item_id, audioEndMs: audio_end_ms });
    return undefined;
  }

  #respond(params: ResponseParams): ProtocolError | undefined {
    if (this.#active && params.conversation !== 'none') {
      const text = `Conversation already has an active response in progress: ${this.#active.id}. Wait until the response is finished before creating a new one.`;
      return invalidRequest('conversation_already_has_active_response', text);
    }
    this.#start(params);
    return undefined;
  }

  #cancel({ response_id }: Of<'response.cancel'>): ProtocolError | undefined {
    const active = this.#active;
    if (!active || (response_id !== undefined && response_id !== active.id)) {
      return invalidRequest('response_cancel_not_active', 'Cancellation failed: no active response found');
    }
    // Not at once: the real server needs a moment, and what it had under way still arrives.
    setTimeout(() => active.cancel('client_cancelled'), this.#options.cancelMs);
    return undefined;
  }

  async #startAfterActive(params: ResponseParams): Promise<void> {
    while (this.#active && !this.#wire.signal.aborted) await this.#running;
    if (!this.#wire.signal.aborted) this.#start(params);
  }

  #start(params: ResponseParams): void {
    const sample = params.input ? { sample: this.#sampleOf(params.input) } : {};
    const response = new SimulatedResponse({
      wire: this.#wire,
      faults: this.#options.faults,
      conversation: this.conversation,
      conversationId: this.#conversationId,
      settings: this.#settings,
      params,
      rateLimits: this.#options.rateLimits,
      hosted: this.#hosted,
      emit: (type, fields) => {
        if (type === 'response.output_audio.delta') this.#spoke = true;
        this.#emit(type, fields);
        if (type === 'response.done' && this.#active === response) this.#active = undefined;
      },
      ask: (signal) => this.#ask(params, signal, sample),
    });
    if (!response.outOfBand) this.#active = response;
    const running = response.run();
    if (!response.outOfBand) this.#running = running;
  }

  #sampleOf(input: NonNullable<ResponseParams['input']>): Entry[] {
    return input.flatMap((item) => {
      if (item.type !== 'item_reference') return [entryOf(item as ClientItem)];
      return this.conversation.find(String(item.id)) ?? [];
    });
  }

  async #ask(params: ResponseParams, signal: AbortSignal, given: { sample?: Entry[] }): Promise<ScriptedReply> {
    const { turns, toolResults, context } = this.conversation.unanswered(given.sample);
    for (const { entry } of turns) {
      if (entry.turn === undefined) this.#listening.count(entry);
    }
    const numbered = turns.map(({ entry, ...turn }) => ({ ...turn, turn: entry.turn ?? 0 }));
    const reply = await this.#options.script({
      turn: this.#listening.turnCount,
      pcm: joined(numbered.map(({ pcm }) => pcm)),
      sampleRate: INPUT_RATE,
      text: numbered.map(({ text }) => text).join(''),
      context,
      unanswered: numbered,
      toolResults,
      declaredTools: (params.tools ?? this.#settings.tools).flatMap((tool) =>
        'name' in tool ? String(tool.name) : [],
      ),
      instructions: params.instructions ?? this.#settings.instructions,
      signal,
    });
    if (reply.heard !== undefined && !this.#options.hear) {
      const spoken = turns.filter(({ entry }) => entry.kind === 'user-audio').map(({ entry }) => entry);
      const heard = typeof reply.heard === 'string' ? [reply.heard] : reply.heard;
      spoken.slice(-heard.length).forEach((entry, i) => {
        void this.#listening.transcribe(entry, heard[i] ?? '', reply.transcriptDelayMs ?? 0);
      });
    }
    return reply;
  }

  #emit(type: string, fields: object): void {
    const event = { type, event_id: newId('event'), ...fields };
    sendFaulty(event, this.#options.faults.openai, (one) => this.#wire.send(one));
  }

  #fail(error: ProtocolError, eventId: string | null = null): void {
    const named = this.#options.faults.openai.namelessErrors ? null : eventId;
    this.#emit('error', { error: { ...error, event_id: named } });
  }
}
