import { setTimeout as wait } from 'node:timers/promises';
import {
  type Channel,
  Permission,
  type SimulatedGuild,
  type SimulatedPerson,
  type StoredMessage,
  seededRandom,
} from '@parley/simulator/discord';
import type { BridgeEvent } from '../../src/ports/bridge-events.ts';
import { overwriteOf, TOKEN, type Token, Truth } from './rights-truth.ts';
import type { RightsWorld } from './rights-world.ts';

/** A call that was allowed before a move is through by then. */
const MOVED_MS = 2_000;
const ANSWER_MS = 6_000;
const EPHEMERAL = 64;
type EventOf<Type extends BridgeEvent['type']> = BridgeEvent & { readonly type: Type };

let lastToken = 0;

/** What came of one conversation: what was not right, and how much happened. */
export interface Outcome {
  readonly problems: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Plays one generated conversation in a guild of its own, in which rights change all the time. */
export async function playRights(world: RightsWorld, seed: number, steps: number): Promise<Outcome> {
  const one = new RightsConversation(world, seed);
  return one.play(steps);
}

class RightsConversation {
  readonly #world: RightsWorld;
  readonly #random: () => number;
  readonly #guild: SimulatedGuild;
  readonly #truth: Truth;
  readonly #tokens = new Map<string, Token>();
  readonly #problems: string[] = [];
  readonly #counts: Record<string, number> = {};
  readonly #story: string[] = [];
  readonly #events: BridgeEvent[] = [];
  readonly #rooms: Record<'lounge' | 'board' | 'staff', string>;
  readonly #roles: readonly string[];
  readonly #log: string;
  readonly #mods: string;
  readonly #olga: SimulatedPerson;
  readonly #people: SimulatedPerson[];
  readonly #gone = new Set<string>();
  /** When calls under way began, by their ids. */
  #movedFrom: { readonly id: string | undefined; readonly at: number } = { id: undefined, at: 0 };
  readonly #calls = new Map<string, number>();
  readonly #buttons: {
    readonly label: string;
    readonly id: string;
    readonly message: StoredMessage;
    /** Where the bot was when it was posted. */
    readonly where: string | undefined;
  }[] = [];
  /** What stands in each message. */
  readonly #shownIn = new Map<string, ReadonlySet<Token>>();
  /** Where the last call was run again. */
  #pressedIn: readonly string[] = [];
  /** What is run again belongs to where the bot was before: it is posted there, and no model is told. */
  #runsAlone = false;
  #textId: string;

  constructor(world: RightsWorld, seed: number) {
    this.#world = world;
    this.#random = seededRandom(seed, 'rights');
    const guild = world.discord.createGuild({ name: `G${seed}`, botPermissions: ['Administrator'] });
    this.#guild = guild;
    const hidden = { denyEveryone: ['ViewChannel'] } as const;
    this.#roles = [guild.createRole({ name: 'board' }), guild.createRole({ name: 'staff' })];
    this.#rooms = {
      lounge: guild.createVoiceChannel({ name: 'Lounge' }),
      board: guild.createVoiceChannel({ name: 'Board', ...hidden }),
      staff: guild.createVoiceChannel({ name: 'Staff', ...hidden }),
    };
    this.#log = guild.createTextChannel({ name: 'log' });
    this.#mods = guild.createTextChannel({ name: 'mods', ...hidden });
    const [board = '', staff = ''] = this.#roles;
    const allow = { allow: Permission.ViewChannel };
    for (const [id, roles] of [
      [this.#rooms.board, [board]],
      [this.#rooms.staff, [board, staff]],
      [this.#mods, [staff]],
    ] as const) {
      const channel = this.#channel(id);
      channel.overwrites.push(...roles.map((role) => overwriteOf(role, allow)));
      guild.channelChanged(channel);
    }
    this.#olga = guild.addPerson({ name: 'Olga', admin: true });
    this.#people = ['Anna', 'Ben', 'Cleo'].map((name) =>
      guild.addPerson({ name, roles: this.#roles.filter(() => this.#random() < 0.5) }),
    );
    this.#textId = '';
    this.#truth = new Truth(guild, world.discord.botUser.id);
  }

  async play(steps: number): Promise<Outcome> {
    const guild = this.#guild;
    this.#world.follow(guild.id, (event) => this.#observe(event));
    const stop = guild.onMessage(({ kind, message }) => {
      if (kind !== 'delete') this.#posted(message);
    });
    try {
      await this.#seed();
      const first = this.#pick(Object.values(this.#rooms));
      for (const person of this.#people) {
        const own = Object.values(this.#rooms).filter((id) => this.#sees(person, id));
        await person.join(this.#pick([first, ...own].filter((id) => own.includes(id))), { connect: false });
      }
      await this.#olga.join(first, { connect: false });
      await this.#olga.command('/join');
      this.#truth.note();
      for (let step = 0; step < steps; step++) await this.#step();
      await this.#olga.command('/leave');
    } catch (error) {
      this.#problems.push(`it broke: ${error instanceof Error ? error.stack : error}`);
    } finally {
      stop();
    }
    const problems = this.#problems.map((problem) => `${problem}\n    ${this.#story.join('\n    ')}`);
    return { problems, counts: this.#counts };
  }

  /** What was said before: in each room, posted in its chat, or where everybody or few read. */
  async #seed(): Promise<void> {
    const lines = Object.values(this.#rooms).flatMap((channelId) =>
      [channelId, this.#log, this.#mods].map((postedIn) => {
        const by = this.#pick(this.#people);
        const text = this.#token({ speaker: by.userId, channelId, postedIn, homes: new Set([postedIn]) });
        return { channelId, userId: by.userId, name: by.name, text: `cake ${text}`, postedIn };
      }),
    );
    await this.#world.record(this.#guild.id, lines);
    for (const channelId of Object.values(this.#rooms)) {
      const { userId, name } = this.#pick(this.#people);
      const text = this.#token({ speaker: userId, channelId, postedIn: undefined, homes: new Set() });
      await this.#world.note(this.#guild.id, { text: `cake ${text}`, by: { userId, name }, channelId });
    }
  }

  #step(): Promise<void> {
    const steps: (readonly [weight: number, act: () => Promise<void>])[] = [
      [4, () => this.#ask('find', 'cake')],
      [2, () => this.#ask('recall', '')],
      [1, () => this.#read('/notes list')],
      [2, () => this.#ask('say', '')],
      [2, () => this.#ask('post', 'Hello.')],
      [2, () => this.#during()],
      [3, () => this.#changeRole()],
      [2, () => this.#changeChannel()],
      [2, () => this.#moveBot()],
      [1, () => this.#movePerson()],
      [1, () => this.#kick()],
      [2, () => this.#consent()],
      [2, () => this.#press('Show me')],
      [1, () => this.#press('Run again')],
      [1, () => this.#read('/why')],
      [1, () => this.#read('/transcript search', { text: 'cake' })],
      [1, () => this.#chooseText()],
    ];
    return this.#pick(steps.flatMap(([weight, act]) => Array.from({ length: weight }, () => act)))();
  }

  // ---- What people do -----------------------------------------------------------------------------

  async #ask(tool: string, argument: string): Promise<void> {
    const by = this.#pick([...this.#present, this.#olga]);
    const where = this.#botIn;
    const from = this.#writable(by);
    if (where === undefined || from === undefined) return;
    const token = this.#token({
      speaker: by.userId,
      channelId: where,
      postedIn: undefined,
      homes: new Set([where, this.#textIn(where)]),
    });
    this.#tell(`${by.name} asks to ${tool} in ${this.#name(where)}`);
    const text = `@@${this.#guild.id}:${tool}:${argument}@@ cake ${token}`;
    const { content } = await by.command('/ask', { text }, { channelId: from });
    if (!content.startsWith('I answer in')) return;
    this.#count(tool);
    const turnOf = (): number | undefined =>
      this.#of('turn-transcript').find((event) => event.text.includes(token))?.turn?.id;
    const answered = (): boolean => {
      const turnId = turnOf();
      const replies = this.#of('reply-started').filter(({ turns }) => turns.some(({ id }) => id === turnId));
      return this.#of('reply-ended').some(
        ({ replyId, heardMs }) => heardMs > 0 && replies.some((one) => one.replyId === replyId),
      );
    };
    for (let left = ANSWER_MS / 10; left > 0 && !answered() && this.#botIn !== undefined; left--) {
      await this.#confirm(by);
      await wait(10);
    }
    if (!answered()) this.#count('unanswered');
    this.#checkMemory(token, where);
  }

  /** Presses a button that asks, now and then after a right was lost. */
  async #confirm(by: SimulatedPerson): Promise<void> {
    const at = this.#buttons.findIndex(({ label }) => label === 'Confirm');
    const button = this.#buttons[at];
    if (!button) return;
    this.#buttons.splice(at, 1);
    if (this.#random() < 0.3) await this.#changeRole();
    if (this.#random() < 0.3) await this.#changeChannel();
    if (this.#gone.has(by.userId) || !this.#sees(by, button.message.channelId)) return;
    this.#tell(`${by.name} confirms`);
    // On a busy machine its minute may be over by now, and it is gone from its post.
    if (
      !button.message.components.some((row) =>
        row.components.some((one: { custom_id?: string }) => one.custom_id === button.id),
      )
    )
      return;
    await by.press(button.message, button.id);
    this.#count('confirmed');
  }

  /** A right goes while the bot is at work. */
  async #during(): Promise<void> {
    const asking = this.#ask('find', 'cake');
    await wait(this.#random() * 60);
    await this.#changeRole();
    await asking;
  }

  async #changeRole(): Promise<void> {
    const person = this.#pick(this.#present);
    if (!person) return;
    const role = this.#pick(this.#roles);
    const { roleIds } = person.member;
    const at = roleIds.indexOf(role);
    if (at < 0) roleIds.push(role);
    else roleIds.splice(at, 1);
    this.#truth.note();
    this.#tell(`${person.name} ${at < 0 ? 'is given' : 'loses'} ${this.#guild.roles.get(role)?.name}`);
    this.#count('role');
  }

  /** A room is opened to everybody or closed again; the event may be late. */
  async #changeChannel(): Promise<void> {
    const id = this.#pick([...Object.values(this.#rooms), this.#log, this.#mods]);
    const channel = this.#channel(id);
    const everyone = channel.overwrites.find((one) => one.id === this.#guild.id);
    const deny = this.#random() < 0.3 ? Permission.SendMessages : Permission.ViewChannel;
    if (everyone) channel.overwrites.splice(channel.overwrites.indexOf(everyone), 1);
    else channel.overwrites.push(overwriteOf(this.#guild.id, { deny }));
    this.#truth.note();
    this.#tell(`${channel.name} is ${everyone ? 'opened' : 'closed'}`);
    this.#count('channel');
    if (this.#random() < 0.4) setTimeout(() => this.#guild.channelChanged(channel), 400);
    else this.#guild.channelChanged(channel);
  }

  async #moveBot(): Promise<void> {
    const to = this.#pick(Object.values(this.#rooms));
    if (this.#botIn === undefined || to === this.#botIn) return;
    this.#tell(`the bot is moved to ${this.#name(to)}`);
    this.#count('move');
    this.#movedFrom = { id: this.#botIn, at: performance.now() };
    const moves = this.#of('moved').length;
    this.#guild.moveBot(to);
    for (let left = 300; left > 0 && this.#of('moved').length === moves; left--) await wait(10);
    // Discord's own answer is on its way.
    await wait(150);
  }

  async #movePerson(): Promise<void> {
    const person = this.#pick(this.#present);
    const to = this.#pick(Object.values(this.#rooms));
    if (!person || !this.#guild.places.of(person.userId)) return;
    this.#guild.places.move(person.userId, to);
    this.#truth.note();
    this.#tell(`${person.name} is moved to ${this.#name(to)}`);
    await wait(30);
  }

  async #kick(): Promise<void> {
    const person = this.#pick(this.#present);
    if (!person || this.#present.length < 2 || this.#random() < 0.5) return;
    this.#gone.add(person.userId);
    this.#guild.places.leave(person.userId);
    this.#guild.members.delete(person.userId);
    this.#truth.note();
    this.#tell(`${person.name} is banned`);
    this.#count('ban');
  }

  async #consent(): Promise<void> {
    const person = this.#pick(this.#present);
    const from = person && this.#writable(person);
    if (!person || from === undefined) return;
    const out = this.#random() < 0.6;
    this.#truth.silence(person.userId, out);
    await person.command(out ? '/privacy out' : '/privacy in', {}, { channelId: from });
    this.#truth.note();
    this.#tell(`${person.name} opts ${out ? 'out' : 'in'}`);
    this.#count('consent');
  }

  async #press(label: string): Promise<void> {
    const button = this.#buttons.findLast((one) => one.label === label);
    const person = this.#pick([...this.#present, this.#olga]);
    if (!button || !this.#sees(person, button.message.channelId)) return;
    this.#tell(`${person.name} presses ${label}`);
    if (label === 'Run again') {
      const here = this.#botIn === undefined ? undefined : this.#textIn(this.#botIn);
      this.#pressedIn = [button.message.channelId];
      this.#runsAlone = button.where !== this.#botIn || button.message.channelId !== here;
    }
    const since = performance.now();
    const { content } = await person.press(button.message, button.id);
    this.#count(content.startsWith('Only you see this') ? 'shown' : label);
    this.#shown(person, content, since);
    if (label === 'Run again') await wait(300);
  }

  async #read(command: string, values: Record<string, string> = {}): Promise<void> {
    const person = this.#pick(this.#present);
    const from = person && this.#writable(person);
    if (!person || from === undefined) return;
    this.#tell(`${person.name} types ${command}`);
    const since = performance.now();
    const { content } = await person.command(command, values, { channelId: from });
    this.#count(command);
    this.#shown(person, content, since, command !== '/transcript search');
  }

  async #chooseText(): Promise<void> {
    const channel = this.#pick([this.#log, this.#mods]);
    this.#tell(`the transcript goes to ${this.#name(channel)}`);
    await this.#olga.command('/transcript channel', { channel }, { channelId: this.#log });
    this.#textId = channel;
  }

  // ---- What the bot does --------------------------------------------------------------------------

  #observe(event: BridgeEvent): void {
    this.#events.push(event);
    if (event.type === 'tool-started') this.#calls.set(event.call.callId, performance.now());
    if (event.type === 'tool-ended') this.#brought(event);
  }

  /** What a tool brings is said aloud and posted. */
  #brought({ call, result, askers }: EventOf<'tool-ended'>): void {
    const since = this.#calls.get(call.callId);
    const where = this.#botIn;
    if (where === undefined) return;
    const alone = call.callId.startsWith('0/') && this.#runsAlone;
    const heardIn = alone ? this.#pressedIn : [where, this.#textIn(where)];
    for (const token of this.#tokensIn(result.output)) {
      const right = this.#truth.was(since, (moment) => this.#truth.allRead(moment, heardIn, token, !alone));
      // What was rightly told stands there, also where the channel is opened before the post is made.
      if (right) for (const id of heardIn) token.homes.add(id);
      else this.#wrong(`${call.name} told ${this.#described(token)} in ${heardIn.map((id) => this.#name(id))}`);
      const heard = this.#truth.was(since, (moment) => !moment.silent.has(token.speaker));
      if (!heard) this.#wrong(`${call.name} told ${this.#described(token)} of somebody who opted out`);
    }
    this.#count(this.#tokensIn(result.output).length > 0 ? 'told' : 'told nothing');
    if (call.name !== 'post_message' || !result.ok) return;
    // Of another conversation it is run again where its post stands.
    const again = call.callId.startsWith('0/') ? this.#pressedIn : [];
    // What was allowed just before a move is posted where it was allowed.
    const { id, at } = this.#movedFrom;
    const before = id !== undefined && performance.now() - at < MOVED_MS ? [this.#textIn(id), id] : [];
    const texts = [...new Set([this.#textIn(where), where, ...before, ...again])];
    const may = this.#truth.was(performance.now() - 1_500, (moment) =>
      askers.every(({ userId }) => texts.some((id) => this.#truth.writes(moment, userId, id))),
    );
    if (!may) this.#wrong(`post_message ran for ${askers.map(({ name }) => name)}`);
    this.#count('posted');
  }

  /** A message was made or edited: others than its reader see it, unless it is theirs alone. */
  #posted(message: StoredMessage): void {
    const { channelId, flags, content, components } = message;
    if ((flags & EPHEMERAL) !== 0) return;
    for (const { components: buttons = [] } of components) {
      for (const { label, custom_id: id } of buttons) this.#buttons.push({ label, id, message, where: this.#botIn });
    }
    const before = this.#shownIn.get(message.id) ?? new Set();
    const tokens = this.#tokensIn(content);
    this.#shownIn.set(message.id, new Set(tokens));
    for (const token of tokens) {
      // An edit leaves what people read there already.
      if (before.has(token)) continue;
      // Where a conversation is posted is the server's choice; anywhere else all have to be allowed who read there.
      if (token.homes.has(channelId)) continue;
      const right = this.#truth.was(performance.now() - 6_000, (moment) =>
        token.postedIn === undefined
          ? this.#truth.allListened(moment, channelId, token)
          : this.#truth.allRead(moment, [channelId], token, false),
      );
      if (!right) this.#wrong(`${this.#described(token)} was posted in ${this.#name(channelId)}`);
    }
  }

  /** What one person is shown alone. */
  #shown(person: SimulatedPerson, content: string, since: number, listened = false): void {
    for (const token of this.#tokensIn(content)) {
      // A note of one's own is one's own.
      if (listened && token.speaker === person.userId) continue;
      const right = this.#truth.was(since, (moment) =>
        listened || token.postedIn === undefined
          ? this.#truth.follows(moment, person.userId, token.channelId)
          : this.#truth.reads(moment, person.userId, token),
      );
      if (!right) this.#wrong(`${person.name} was shown ${this.#described(token)}`);
    }
  }

  /** What was said where not everybody could listen who can now is not known to the session of now. */
  #checkMemory(token: string, where: string): void {
    for (const { tokens } of this.#world.knownOf(this.#guild.id)) {
      if (!tokens.has(token)) continue;
      for (const [text, at] of tokens) {
        const one = this.#tokens.get(text);
        if (!one || one.postedIn !== undefined || one.channelId === where) continue;
        // That a room is closed later takes nothing from those who could listen in it before.
        const since = at - 4_000;
        const right = this.#truth.was(since, (moment) => this.#truth.allListened(moment, where, one));
        if (!right) this.#wrong(`the session in ${this.#name(where)} knows ${this.#described(one)}`);
      }
    }
  }

  // ---- Small things -------------------------------------------------------------------------------

  get #present(): readonly SimulatedPerson[] {
    return this.#people.filter(({ userId }) => !this.#gone.has(userId));
  }

  get #botIn(): string | undefined {
    return this.#guild.botVoiceChannelId ?? undefined;
  }

  #textIn(where: string): string {
    return this.#textId || where;
  }

  #of<Type extends BridgeEvent['type']>(type: Type): EventOf<Type>[] {
    return this.#events.filter((event): event is EventOf<Type> => event.type === type);
  }

  #token(fields: Omit<Token, 'text'>): string {
    lastToken += 1;
    const text = `zq${lastToken}zq`;
    this.#tokens.set(text, { text, ...fields });
    return text;
  }

  #tokensIn(text: string): readonly Token[] {
    return [...new Set(text.match(TOKEN) ?? [])].flatMap((token) => this.#tokens.get(token) ?? []);
  }

  #channel(id: string): Channel {
    const channel = this.#guild.channels.get(id);
    if (!channel) throw new Error('the channel is gone');
    return channel;
  }

  #sees(person: SimulatedPerson, id: string): boolean {
    return this.#truth.was(performance.now(), (moment) => this.#truth.follows(moment, person.userId, id));
  }

  /** Where somebody can type a command now. */
  #writable(person: SimulatedPerson): string | undefined {
    const ids = [this.#log, ...Object.values(this.#rooms), this.#mods];
    return ids.find((id) =>
      this.#truth.was(performance.now(), (moment) => this.#truth.writes(moment, person.userId, id)),
    );
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)] as Item;
  }

  #name(id: string): string {
    return this.#guild.channels.get(id)?.name ?? id;
  }

  #described({ text, channelId, postedIn, speaker }: Token): string {
    const posted = postedIn === undefined ? '' : `, posted in ${this.#name(postedIn)}`;
    const who = [...this.#people, this.#olga].find(({ userId }) => userId === speaker)?.name;
    return `${text} (${who} in ${this.#name(channelId)}${posted})`;
  }

  #wrong(what: string): void {
    this.#problems.push(what);
    this.#tell(`>>> ${what}`);
  }

  #tell(what: string): void {
    this.#story.push(what);
  }

  #count(what: string): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }
}
