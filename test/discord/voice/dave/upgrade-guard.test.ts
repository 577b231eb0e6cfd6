import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAVESession, type Networking } from '@discordjs/voice';
import { DaveGroup, ExternalSender, VoiceOp } from '@parley/simulator/discord';
import { unsealerOf } from '../../../../src/discord/voice/dave/dave-session.ts';
import { guardUpgrade } from '../../../../src/discord/voice/dave/upgrade-guard.ts';
import { eventually } from '../../../support/time/eventually.ts';

const CHANNEL = '223456789012345678';
const USERS = ['323456789012345678', '323456789012345679'] as const;
const STRANGER = '323456789012345680';
const PLAIN = Buffer.from('an Opus packet that nobody sealed');

/** The library's session of a call that went down to no encryption. */
function downgraded(userId: string): DAVESession {
  const session = new DAVESession(1, userId, CHANNEL, {} as never);
  session.reinit();
  session.prepareTransition({ transition_id: 4, protocol_version: 0 });
  session.executeTransition(4);
  return session;
}

/** Takes both up again into a new group, which begins with transition 0; resolves when it stands. */
async function upgrade(sessions: readonly DAVESession[]): Promise<void> {
  const group = new DaveGroup(CHANNEL, await ExternalSender.create());
  const known = new Set<string>(USERS);
  for (const session of sessions) {
    const { userId } = session;
    session.on('keyPackage', (keyPackage) => group.keyPackage(userId, keyPackage));
    const sendBinary = (op: number, payload: Buffer): void => {
      if (op === VoiceOp.DaveExternalSender) session.setExternalSender(payload);
      else if (op === VoiceOp.DaveAnnounceCommit) session.processCommit(payload);
      else if (op === VoiceOp.DaveWelcome) session.processWelcome(payload);
      else {
        const commit = session.processProposals(payload, known);
        if (commit) group.commitWelcome(userId, commit);
      }
    };
    group.connect({ userId, send: () => {}, sendBinary });
    session.prepareEpoch({ epoch: 1, protocol_version: 1 });
  }
  await eventually('all groups are ready', () => sessions.every(({ session }) => session?.ready));
  group.close();
  assert.ok(sessions.every(({ session }) => session?.ready));
}

/** Whether a packet that nobody sealed, of somebody outside of the group, is decoded. */
function passes(dave: DAVESession): boolean {
  try {
    return unsealerOf({ state: { dave } } as unknown as Networking, () => undefined)(STRANGER, PLAIN) === PLAIN;
  } catch {
    return false;
  }
}

describe('guardUpgrade', () => {
  it('ends the leave to decode what is not sealed when the call is sealed again at transition 0; the library does not', async () => {
    const [guarded, bare] = USERS.map(downgraded) as [DAVESession, DAVESession];
    guardUpgrade(guarded);
    assert.deepEqual([passes(guarded), passes(bare)], [true, true], 'while the call has no encryption');
    await upgrade([guarded, bare]);
    // When the second is false too, the library ends it itself and src/discord/voice/dave/upgrade-guard.ts can go.
    assert.deepEqual([passes(guarded), passes(bare)], [false, true]);
    for (const session of [guarded, bare]) session.destroy();
  });
});
