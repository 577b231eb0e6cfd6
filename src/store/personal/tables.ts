// The one list of all places in the database where a person's words, name or id can be. Show, export, forget, erase and
// the table in docs/privacy.md go by it, and a test holds it against the migrated schema: a column that is in neither part
// of it fails.

/**
 * What becomes of rows that are a person's. `deleted`: the whole row. `disowned`: it stays without their id and name.
 * `emptied`: what is theirs in it goes, where it stands in a row that is another's. `kept`: it stays, and docs/privacy.md
 * says why.
 */
export type Fate = 'deleted' | 'disowned' | 'emptied' | 'kept';

/** A table in which people are. */
export interface PersonalTable {
  /** The column with the id of the person whose row it is; null: rows are found otherwise, as `found` says. */
  readonly owner: string | null;
  /** Only rows with this value in a column are about a person. */
  readonly where?: Readonly<Record<string, string>>;
  /** Each column with words, a name or an id of a person, and what it holds, for people. */
  readonly columns: Readonly<Record<string, string>>;
  /** Of these, the names of whoever owns the row: with `disowned` they become SOMEBODY. */
  readonly names: readonly string[];
  /** How rows are found that are somebody's without being in `owner`. */
  readonly found?: string;
  /** Under which name `/privacy export` hands it over; null: it does not, as `why` says. */
  readonly export: string | null;
  /** With `/privacy forget`, and with `npm run erase -- --user`. */
  readonly forget: Fate;
  readonly erase: Fate;
  /** Why something stays or is not handed over. */
  readonly why?: string;
}

/** Stands where a name stood. */
export const SOMEBODY = 'somebody';

/** Every table in which people are, in the order in which they are gone through. */
export const personalTables: Readonly<Record<string, PersonalTable>> = {
  utterances: {
    owner: 'user_id',
    columns: {
      user_id: 'who said it',
      name: 'their name then; the bot’s own where it answered',
      text: 'what was said, typed or answered',
    },
    names: [],
    found: 'an answer is whose turns it answers',
    export: 'lines',
    forget: 'deleted',
    erase: 'deleted',
  },
  words: {
    owner: null,
    columns: { text: 'the words of an utterance, for searching', scope: 'where and by whom it was said' },
    names: [],
    found: 'goes with its utterance',
    export: null,
    forget: 'deleted',
    erase: 'deleted',
    why: 'the utterance itself is handed over',
  },
  next_words: {
    owner: null,
    columns: { text: 'the same, in an index that is built after an update', scope: 'the same' },
    names: [],
    found: 'goes with its utterance',
    export: null,
    forget: 'deleted',
    erase: 'deleted',
    why: 'the utterance itself is handed over',
  },
  turns: {
    owner: 'user_id',
    columns: { user_id: 'whose turn it was', name: 'their name then' },
    names: ['name'],
    export: null,
    forget: 'deleted',
    erase: 'deleted',
    why: 'the utterance itself is handed over',
  },
  tool_calls: {
    owner: null,
    columns: {
      askers: 'ids and names of those who asked',
      arguments: 'what the tool was asked',
      output: 'what it found; may repeat what anybody said',
    },
    names: [],
    found: 'by the askers; of others’ calls, by names and words in them',
    export: 'lines',
    forget: 'deleted',
    erase: 'deleted',
    why: 'others’ calls are only emptied of your words and name',
  },
  presences: {
    owner: 'user_id',
    columns: { user_id: 'who came or left', name: 'their name then' },
    names: ['name'],
    export: 'lines',
    forget: 'deleted',
    erase: 'deleted',
  },
  notices: {
    owner: 'user_id',
    columns: { user_id: 'about whom it is', text: 'what the bot told the channel; may name people' },
    names: [],
    export: 'lines',
    forget: 'deleted',
    erase: 'deleted',
    why: 'in notices about others, your name becomes “somebody”',
  },
  notes: {
    owner: 'user_id',
    columns: { user_id: 'whose note it is', name: 'their name then', text: 'the note' },
    names: ['name'],
    export: 'notes',
    forget: 'deleted',
    erase: 'deleted',
  },
  reminders: {
    owner: 'user_id',
    columns: { user_id: 'whose reminder it is', name: 'their name then', text: 'the reminder' },
    names: ['name'],
    export: 'reminders',
    forget: 'deleted',
    erase: 'deleted',
  },
  person_zones: {
    owner: 'user_id',
    columns: { user_id: 'who chose a time zone of their own' },
    names: [],
    export: 'timeZone',
    forget: 'deleted',
    erase: 'deleted',
  },
  usage: {
    owner: 'user_id',
    columns: { user_id: 'who used it', name: 'their name then' },
    names: ['name'],
    export: 'usage',
    forget: 'disowned',
    erase: 'disowned',
  },
  places: {
    owner: 'user_id',
    columns: { user_id: 'who asked the bot in', name: 'their name then' },
    names: ['name'],
    export: 'places',
    forget: 'disowned',
    erase: 'disowned',
  },
  rule_cards: {
    owner: 'user_id',
    columns: {
      user_id: 'who said it',
      name: 'their name then',
      text: 'what was said',
      rules: 'the rules that it hit',
      context: 'what was said around it, with ids and names',
      deeds: 'what moderators did about it, with their ids, names and notes',
      key: 'which turn it was',
    },
    names: ['name'],
    found: 'of others’ cards, lines and deeds by the id in them',
    export: 'cards',
    forget: 'deleted',
    erase: 'deleted',
    why: 'others’ cards lose your lines and notes, and what you did on them stays without your name',
  },
  rules: {
    owner: 'by_id',
    columns: { by_id: 'who added the rule', text: 'the rule' },
    names: [],
    export: 'rules',
    forget: 'disowned',
    erase: 'disowned',
    why: 'the rule is the server’s',
  },
  post_removals: {
    owner: 'user_id',
    columns: { user_id: 'whose words are taken out of a post', beginnings: 'how lines begin that go, with names' },
    names: [],
    export: null,
    forget: 'kept',
    erase: 'kept',
    why: 'deleted once the post is edited; `/privacy show` tells how far that is',
  },
  reading_audit: {
    owner: 'user_id',
    columns: { user_id: 'who read the record', name: 'their name then', what: 'what they looked for' },
    names: ['name'],
    export: 'readings',
    forget: 'kept',
    erase: 'disowned',
    why: 'a year, so that others can learn who read what they said; in others’ entries your name becomes “somebody”',
  },
  reports: {
    owner: 'by_id',
    columns: {
      by_id: 'who reported',
      by_name: 'their name then',
      about_id: 'about whom',
      about_name: 'their name then',
      reason: 'why',
      text: 'the last five minutes, a line each',
    },
    names: ['by_name'],
    found: 'also by `about_id`',
    export: 'reports',
    forget: 'kept',
    erase: 'deleted',
    why: 'evidence for 90 days; those about you are not handed over, since they would tell who made them',
  },
  tool_rules: {
    owner: 'subject_id',
    where: { kind: 'person' },
    columns: { subject_id: 'who may or may not use a tool' },
    names: [],
    export: 'permissions',
    forget: 'kept',
    erase: 'deleted',
    why: 'a manager’s decision: forgetting must not lift it',
  },
  reader_entries: {
    owner: 'subject_id',
    where: { kind: 'person' },
    columns: { subject_id: 'who may read the record' },
    names: [],
    export: 'permissions',
    forget: 'kept',
    erase: 'deleted',
    why: 'a manager’s decision',
  },
  consents: {
    owner: 'user_id',
    columns: { user_id: 'who chose to be heard or not' },
    names: [],
    export: 'choice',
    forget: 'kept',
    erase: 'kept',
    why: 'nobody should have to say no twice',
  },
  guild_settings: {
    owner: null,
    columns: { persona: 'what managers wrote about the bot’s manner' },
    names: [],
    found: 'the server’s; nobody is named with it',
    export: null,
    forget: 'kept',
    erase: 'kept',
    why: 'it is kept for the server, without who wrote it',
  },
};

/** Columns that hold nothing of a person: places, times, numbers, choices of the server, names of tools and models. */
export const impersonalColumns: Readonly<Record<string, string>> = {
  utterances:
    'id conversation_id guild_id channel_id started_at by ended_at language model written state cut_heard_ms cut_produced_ms turn_id reply_id turn_ids item_ids',
  turns: 'conversation_id turn_id started_at ended_at typed answered guild_id',
  tool_calls: 'id conversation_id guild_id channel_id started_at call_id reply_id name ok ended_at',
  presences: 'id conversation_id guild_id channel_id started_at kind',
  notices: 'id conversation_id guild_id channel_id started_at',
  notes: 'id guild_id channel_id made_at outside',
  reminders: 'id guild_id channel_id due_at made_at failures repeat_days repeat_time repeat_zone outside',
  person_zones: 'guild_id zone',
  usage:
    'guild_id channel_id provider model day replies estimated_replies seconds text_in cached_text_in audio_in cached_audio_in text_out audio_out searches',
  places: 'guild_id channel_id mode',
  rule_cards:
    'id guild_id channel_id said_at ended_at complete said_channel_id said_message_id card_channel_id card_message_id',
  rules: 'id guild_id kind made_at hits',
  post_removals: 'id guild_id channel_id message_id extent failures reason',
  reading_audit: 'id guild_id at act lines',
  reports: 'id guild_id channel_id made_at card_channel_id card_message_id',
  tool_rules: 'guild_id tool kind allowed',
  reader_entries: 'guild_id kind',
  consents: 'guild_id choice chosen_at text_version',
  guild_settings:
    'guild_id voice language silence_ms interruption_ms turn_detection transcript_channel_id disabled_tools alone_ms idle_ms changed_at budget_usd budget_month_usd budget_person_usd budget_person_month_usd provider model reply_form retention_days answer names live_transcript live_place heard_bots time_zone',
  conversations: 'id guild_id channel_id transcript_channel_id mode provider model started_at ended_at end_reason',
  posts: 'line_id channel_id message_id',
  rule_settings: 'guild_id mode channel_id watch_model',
  consent_modes: 'guild_id mode changed_at',
  left_guilds: 'guild_id left_at',
  registrations: 'scope names sent got at',
  instances: 'bot_id host pid start_id seen_at',
  purge_time: 'id reached_at',
  word_index: 'one form before next_form built_to',
  record_key: 'one key_id probe state next_key_id next_probe',
};
