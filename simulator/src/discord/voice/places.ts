import type { Dispatch } from '../gateway/gateway.ts';
import { voiceStateJson } from '../gateway/wire.ts';
import type { Channel, Json, Member, VoicePlace } from '../guild/entities.ts';
import { ChannelType, isVoice } from '../guild/entities.ts';
import { Permission } from '../guild/permissions.ts';
import type { PlaceHolder } from './place-holder.ts';
import type { VoiceServer } from './server.ts';

/** What the places need of their guild. */
export interface PlacesSurroundings {
  readonly guildId: string;
  readonly dispatch: Dispatch;
  readonly server: VoiceServer;
  /** Whether people in voice are told of by their ids alone. */
  reticent(): boolean;
  channel(id: string): Channel | undefined;
  member(id: string): Member | undefined;
  permissions(member: Member, channel: Channel): bigint;
}

/** What somebody asks for with op 4; `channelId` null: to leave. */
export interface VoiceWish {
  readonly channelId: string | null;
  readonly selfMute: boolean;
  readonly selfDeaf: boolean;
}

/** Who is in which voice channel of a guild. */
export class VoicePlaces {
  readonly #around: PlacesSurroundings;
  readonly #places = new Map<string, VoicePlace & { holder: PlaceHolder }>();

  constructor(around: PlacesSurroundings) {
    this.#around = around;
  }

  of(userId: string): VoicePlace | undefined {
    return this.#places.get(userId);
  }

  all(): VoicePlace[] {
    return [...this.#places.values()];
  }

  in(channelId: string): VoicePlace[] {
    return this.all().filter((place) => place.channelId === channelId);
  }

  /** Why somebody may not come in, or undefined. MoveMembers gets into a full channel. */
  obstacle(userId: string, channelId: string): 'channel' | 'ViewChannel' | 'Connect' | 'full' | undefined {
    const channel = this.#around.channel(channelId);
    const member = this.#around.member(userId);
    if (!channel || !member || !isVoice(channel)) return 'channel';
    const permissions = this.#around.permissions(member, channel);
    if (!(permissions & Permission.ViewChannel)) return 'ViewChannel';
    if (!(permissions & Permission.Connect)) return 'Connect';
    const others = this.in(channelId).filter((place) => place.userId !== userId);
    if (channel.userLimit > 0 && others.length >= channel.userLimit && !(permissions & Permission.MoveMembers))
      return 'full';
    return undefined;
  }

  /**
   * What op 4 does. A wish that cannot be granted is ignored without a word, as Discord does.
   * https://docs.discord.com/developers/events/gateway-events#update-voice-state
   */
  request(userId: string, sessionId: string, wish: VoiceWish, holder: PlaceHolder): void {
    if (wish.channelId === null) {
      this.leave(userId);
      return;
    }
    if (this.obstacle(userId, wish.channelId)) return;
    const old = this.#places.get(userId);
    const channelId = wish.channelId;
    const place = {
      userId,
      channelId,
      sessionId,
      selfMute: wish.selfMute,
      selfDeaf: wish.selfDeaf,
      ...this.#standing(userId, channelId),
      holder,
    };
    // A change of the flags alone needs no new voice server; the same wish again does: that is how clients rejoin.
    const flagsOnly =
      old?.channelId === channelId &&
      old.sessionId === sessionId &&
      (old.selfMute !== wish.selfMute || old.selfDeaf !== wish.selfDeaf);
    if (flagsOnly) Object.assign(place, { suppress: old.suppress, requestToSpeakAt: old.requestToSpeakAt });
    this.#places.set(userId, place);
    this.tell(userId);
    if (flagsOnly) return;
    if (old && old.channelId !== channelId) this.#around.server.dismiss({ guildId: this.#around.guildId, userId });
    this.#serve(place);
  }

  /** Takes somebody out. `closeCode`: of the voice websocket, 4014 unless given. Does nothing for who is not in. */
  leave(userId: string, closeCode?: number): void {
    const old = this.#places.get(userId);
    const member = this.#around.member(userId);
    if (!old || !member) return;
    this.#places.delete(userId);
    const { guildId } = this.#around;
    const gone = { userId, channelId: null, sessionId: old.sessionId };
    this.#announce(voiceStateJson(gone, member, guildId));
    this.#around.server.dismiss({ guildId, userId }, closeCode);
    old.holder.left();
  }

  /** Moves somebody by another's hand: no permission is asked for. */
  move(userId: string, channelId: string): void {
    const place = this.#places.get(userId);
    if (!place || place.channelId === channelId) return;
    Object.assign(place, { channelId }, this.#standing(userId, channelId));
    this.tell(userId);
    this.#around.server.dismiss({ guildId: this.#around.guildId, userId });
    this.#serve(place);
  }

  /** The voice server of somebody's call goes away: another place on it is given after `pauseMs`. */
  reallocate(userId: string, pauseMs: number): void {
    const place = this.#places.get(userId);
    if (!place) return;
    place.holder.unserved(place);
    this.#around.server.dismiss({ guildId: this.#around.guildId, userId });
    setTimeout(() => {
      if (this.#places.get(userId) === place) this.#serve(place);
    }, pauseMs).unref();
  }

  /** Tells everybody how somebody's place is now. */
  tell(userId: string): void {
    const place = this.#places.get(userId);
    const member = this.#around.member(userId);
    if (!place || !member) return;
    this.#announce(voiceStateJson(place, member, this.#around.guildId));
  }

  #announce({ member, ...state }: Json): void {
    const { guildId } = this.#around;
    const silent = this.#around.reticent() && !member.user.bot;
    this.#around.dispatch('VOICE_STATE_UPDATE', silent ? state : { member, ...state }, { guildId });
  }

  // In a stage everybody begins in the audience; elsewhere Speak decides.
  #standing(userId: string, channelId: string): Pick<VoicePlace, 'suppress' | 'requestToSpeakAt'> {
    const channel = this.#around.channel(channelId) as Channel;
    const member = this.#around.member(userId) as Member;
    const speaks = Boolean(this.#around.permissions(member, channel) & Permission.Speak);
    return { suppress: channel.type === ChannelType.stage || !speaks, requestToSpeakAt: null };
  }

  #serve(place: VoicePlace & { holder: PlaceHolder }): void {
    const { channelId, userId, sessionId } = place;
    const stage = this.#around.channel(channelId)?.type === ChannelType.stage;
    const bot = this.#around.member(userId)?.user.bot === true;
    const token = this.#around.server.admit({
      guildId: this.#around.guildId,
      channelId,
      userId,
      sessionId,
      stage,
      bot,
    });
    place.holder.served(token, place);
  }
}
