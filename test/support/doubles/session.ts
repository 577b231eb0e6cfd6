import { AsyncQueue } from '../../../src/lib/async-queue.ts';
import type { SessionOptions } from '../../../src/ports/capabilities.ts';
import type { DurableSession, Heard, SessionEvent, SpeechModel } from '../../../src/ports/model.ts';
import type { ToolResult } from '../../../src/ports/tool-calls.ts';
import type { Pcm, Turn } from '../../../src/ports/voice.ts';

/** A model without a network: what the bridge asks of it is written down in order, what it says is pushed in. */
export class ScriptedSession implements DurableSession {
  readonly events = new AsyncQueue<SessionEvent>({ limit: 10_000 });
  /** Calls in short, sound left out. */
  readonly calls: string[] = [];
  readonly heard: (readonly Heard[])[] = [];
  readonly results: ToolResult[] = [];
  readonly options: SessionOptions[] = [];
  /** Samples of each turn, in order. */
  readonly turnSamples: number[] = [];
  /** Whether another model writes down beside it. */
  transcribes = false;

  beginTurn(turn: Turn): void {
    this.calls.push(`begin ${turn.id} ${turn.userId}`);
    this.turnSamples.push(0);
  }
  appendAudio(pcm: Pcm): void {
    this.turnSamples.push((this.turnSamples.pop() ?? 0) + pcm.length);
  }
  endTurn(respond: boolean): void {
    this.calls.push(respond ? 'end respond' : 'end');
  }
  appendText(turn: Turn, text: string): void {
    this.calls.push(`text ${turn.id} ${turn.userId} ${text}`);
  }
  respond(): void {
    this.calls.push('respond');
  }
  pass(turnIds: readonly number[]): void {
    this.calls.push(`pass ${turnIds.join()}`);
  }
  interrupt(heard: readonly Heard[]): void {
    this.calls.push('interrupt');
    this.heard.push(heard);
  }
  withdraw(userId: string, turnIds: readonly number[]): void {
    this.calls.push(`withdraw ${userId} ${turnIds.join()}`);
  }
  acknowledge({ callId }: { callId: string }): boolean {
    this.calls.push(`acknowledge ${callId}`);
    return true;
  }
  sendToolResult(result: ToolResult): void {
    this.calls.push(`result ${result.callId}`);
    this.results.push(result);
  }
  tell(result: ToolResult, turnIds: readonly number[]): void {
    this.calls.push(`tell ${turnIds.join()} ${result.output}`);
  }
  /** What erase() says: whether others still wait. */
  owes = false;
  erase(userId: string, instructions: string): boolean {
    this.calls.push(`erase ${userId} ${instructions.length > 0}`);
    return this.owes;
  }
  beginAnew(instructions: string): void {
    this.calls.push(`begin anew ${instructions.length > 0}`);
  }
  approve(callId: string, approved: boolean, reason: string): void {
    this.calls.push(`${approved ? 'approve' : 'decline'} ${callId}: ${reason}`);
  }
  update(options: SessionOptions): void {
    this.options.push(options);
  }
  switchTo(model: SpeechModel, options: SessionOptions): void {
    this.calls.push(`switch ${model.name}`);
    this.options.push(options);
  }
  close(): void {
    this.calls.push('close');
    this.events.end();
  }
}

/** A model whose sessions are not opened through it. */
export const scriptedModel: SpeechModel = {
  provider: 'openai',
  name: 'scripted',
  label: 'Scripted (test)',
  inputRate: 24000,
  capabilities: {
    voices: ['marin', 'cedar'],
    turnDetection: ['manual'],
    updates: ['instructions', 'tools'],
    replyForms: ['voice', 'text'],
    serverTools: [],
    mcpServers: ['notes'],
    asyncTools: 'sequenced',
    unprompted: 'waits',
  },
  connect: () => Promise.reject(new Error('made by hand in tests')),
};
