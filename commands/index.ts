import { ask } from './ask.ts';
import type { Command } from './command.ts';
import { join } from './join.ts';
import { leave } from './leave.ts';
import { notes } from './notes.ts';
import { privacy } from './privacy/privacy.ts';
import { reminders } from './reminders.ts';
import { report } from './report.ts';
import { rules } from './rules.ts';
import { status } from './status.ts';
import { tools } from './tools/tools.ts';
import { missed } from './transcript/missed.ts';
import { transcript } from './transcript/transcript.ts';
import { usage } from './usage.ts';
import { voice } from './voice/voice.ts';
import { why } from './why.ts';

/** Every slash command, in the order in which Discord is told of them. */
export const commands: readonly Command[] = [
  join,
  leave,
  ask,
  status,
  voice,
  tools,
  why,
  transcript,
  missed,
  usage,
  notes,
  reminders,
  privacy,
  rules,
  report,
];
