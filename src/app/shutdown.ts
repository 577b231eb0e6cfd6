/** For conversations and servers that end. What is left of the process's 5 s is for answers, the goodbye and the database. */
export const STOP_LIMIT_MS = 3_500;
/** For answers that are on their way when the process ends. */
export const ANSWERS_MS = 500;
/** What people read who ask something of a bot that is stopping. */
export const RESTARTING = 'I am being restarted. Please try again in a minute.';

/**
 * How the process ends, in this order.
 * - The intake is first: no new command begins.
 * - Answers are given while Discord can still be reached.
 * - `late-answers` are those of commands that came with the last events of the gateway.
 * - The database is last: every other step may still write to it.
 */
export const STOP_ORDER = [
  'intake',
  'conversations-and-tools',
  'erasures',
  'answers',
  'gateway',
  'time',
  'late-answers',
  'database',
] as const;

/**
 * How conversations end, in this order.
 * - Reminders end before the conversations: what is not said any more is left for the next start.
 * - Farewells come after `returns`: a conversation that was just coming back ends, too.
 * - Moderation is after the farewells: it still sees the last words.
 */
export const CLOSE_ORDER = [
  'new-work',
  'reminders',
  'watches',
  'conversations',
  'returns',
  'farewells',
  'moderation',
  'last-reminders',
] as const;
