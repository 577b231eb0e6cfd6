import type { UserId } from '../../ports/voice.ts';

/** Whether this bot counts as a person in this guild: it is company, and expected to be heard. */
export type HearsBot = (guildId: string, userId: UserId) => boolean;

/** No bot does. */
export const HEARS_NO_BOT: HearsBot = () => false;
