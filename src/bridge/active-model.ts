import type { SessionOptions, UnpromptedBehavior } from '../ports/capabilities.ts';
import type { Note } from '../ports/guild.ts';
import type { DurableSession, SpeechModel } from '../ports/model.ts';
import type { AnswerMode, GuildSettings } from '../ports/settings.ts';
import type { Toolbox } from '../ports/tools.ts';
import type { UserId } from '../ports/voice.ts';
import { sessionOptions, takenOn } from './session-options.ts';

/** What stands behind the model in use. */
export interface ActiveModelDeps {
  readonly session: Pick<DurableSession, 'update' | 'switchTo' | 'transcribes'>;
  /** The one that the session was opened with. */
  readonly model: SpeechModel;
  readonly settings: GuildSettings;
  /** The model that settings come to. */
  readonly modelFor: (settings: GuildSettings) => SpeechModel;
  readonly toolbox: Toolbox;
  /** The label of what writes down beside models that do not do it by themselves. Absent: nothing does. */
  readonly transcriber?: string | undefined;
  /** The guild's notes as the session was opened with them. */
  readonly notes?: readonly Note[];
}

/** Which model a conversation runs on, what its session has taken on of the settings, and which model was asked for. */
export class ActiveModel {
  readonly #deps: ActiveModelDeps;
  #model: SpeechModel;
  #settings: GuildSettings;
  #options: SessionOptions;
  /** What the settings asked for last; another one may be in use because it could not be had. */
  #asked: SpeechModel;
  /** Asked for, and neither there nor given up yet. */
  #coming: SpeechModel | undefined;
  #notes: readonly Note[] | undefined;

  constructor(deps: ActiveModelDeps) {
    this.#deps = deps;
    this.#notes = deps.notes;
    this.#model = deps.model;
    this.#settings = deps.settings;
    this.#options = sessionOptions(deps.settings, deps.model, deps.toolbox, deps.notes);
    this.#asked = deps.modelFor(deps.settings);
  }

  get model(): SpeechModel {
    return this.#model;
  }

  /** What the guild wants. */
  get settings(): GuildSettings {
    return this.#settings;
  }

  /** Nothing answers: what people say is written down, and that is all. */
  get listens(): boolean {
    return this.#model.capabilities.transcribeOnly === true;
  }

  /** The label of what writes down beside the model; null: nothing does. */
  get transcriber(): string | null {
    return this.#model.capabilities.unprompted === 'waits' ? null : (this.#deps.transcriber ?? null);
  }

  /** What the running session does with a turn for which no reply was asked (Capabilities). */
  get unprompted(): UnpromptedBehavior | null {
    const { unprompted } = this.#model.capabilities;
    if (unprompted === 'waits') return unprompted;
    // Words are all that is missing.
    if (unprompted === null && this.#deps.session.transcribes) return 'waits';
    // A model that answers by itself can only be held back where we draw the ends of turns.
    if (this.#options.turnDetection !== 'manual') return null;
    if (unprompted === 'may-choose') return this.#options.choosing ? 'chooses' : 'answers';
    return unprompted;
  }

  /** Whether the running session can do what the settings say of whom to answer. */
  get takesOnAnswer(): boolean {
    const { answer } = this.#settings;
    if (answer === 'always') return !this.#options.choosing;
    return answer === 'never' ? this.#keptSilent : this.unprompted !== null;
  }

  /** Whom to answer, as far as the running session can be kept from answering. */
  get answer(): AnswerMode {
    const { answer } = this.#settings;
    return answer === 'never' && !this.#keptSilent ? 'auto' : answer;
  }

  /** Only a model that answers by itself, in turns that its provider draws, cannot be kept from it. */
  get #keptSilent(): boolean {
    const { unprompted } = this.#model.capabilities;
    return unprompted === null || unprompted === 'waits' || this.#options.turnDetection === 'manual';
  }

  /** What it was told to remember. */
  get notes(): readonly Note[] | undefined {
    return this.#notes;
  }

  /** What the running session goes by. */
  get options(): SessionOptions {
    return this.#options;
  }

  /**
   * Asks the session for what the settings say, or for another model. Gives the settings that have to wait. `chosen`: the
   * model is asked for even if it failed before.
   */
  apply(settings: GuildSettings, chosen: boolean): readonly (keyof GuildSettings)[] {
    this.#settings = settings;
    const wanted = this.#deps.modelFor(settings);
    const anew = !same(wanted, this.#asked) || (chosen && !same(wanted, this.#coming ?? this.#model));
    const wasComing = this.#coming !== undefined;
    this.#asked = wanted;
    if (anew) this.#coming = same(wanted, this.#model) ? undefined : wanted;
    if (!this.#coming && !(anew && wasComing)) return this.#update();
    // Also where the wish goes back to the model in use: only the session knows how far it is with the other one.
    this.#deps.session.switchTo(wanted, sessionOptions(settings, wanted, this.#deps.toolbox, this.#notes));
    return [];
  }

  /** The session is told anew, without the notes of this person. Gives its instructions. */
  erase(userId: UserId): string {
    return this.beginAnew(this.#notes?.filter(({ by }) => by.userId !== userId));
  }

  /** The session is told anew, with these notes. Gives its instructions. */
  beginAnew(notes: readonly Note[] | undefined): string {
    this.#keep(notes);
    const { instructions } = this.#options;
    return instructions;
  }

  /** Only notes of people who may be heard stay in what the session is told. */
  keepNotes(mayHear: (userId: UserId) => boolean): void {
    const kept = this.#notes?.filter(({ by }) => mayHear(by.userId));
    if (kept === undefined || kept.length === this.#notes?.length) return;
    this.#keep(kept);
    // Also where a running session cannot be told: the next one goes by it.
    this.#deps.session.update(this.#options);
  }

  #keep(kept: readonly Note[] | undefined): void {
    this.#notes = kept;
    const options = sessionOptions(this.#settings, this.#model, this.#deps.toolbox, kept);
    const { instructions, notes } = options;
    this.#options = { ...this.#options, instructions, ...(notes && { notes }) };
  }

  /** The session goes on with this model: the one asked for, the one before where that failed, or a fallback. */
  changed(model: SpeechModel): void {
    const stays = same(model, this.#model);
    this.#model = model;
    if (stays || (this.#coming && same(model, this.#coming))) this.#coming = undefined;
    if (stays) this.#update();
    else this.#options = sessionOptions(this.#settings, model, this.#deps.toolbox, this.#notes);
  }

  #update(): readonly (keyof GuildSettings)[] {
    const { toolbox, session } = this.#deps;
    const { voices, updates } = this.#model.capabilities;
    const wanted = sessionOptions(this.#settings, this.#model, toolbox, this.#notes);
    const { options, waits } = takenOn(this.#options, wanted, updates);
    this.#options = options;
    session.update(options);
    const { voice } = this.#settings;
    // A voice of the model that was chosen, while another one stands in for it.
    return voice === null || voices.includes(voice) || waits.includes('voice') ? waits : [...waits, 'voice'];
  }
}

function same(one: SpeechModel, other: SpeechModel): boolean {
  return one.provider === other.provider && one.name === other.name;
}
