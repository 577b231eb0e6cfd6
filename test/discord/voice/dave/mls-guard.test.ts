import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAVESession } from '@discordjs/voice';
import pino from 'pino';
import { guardMls } from '../../../../src/discord/voice/dave/mls-guard.ts';

const garbage = Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]);

function session(): DAVESession {
  const made = new DAVESession(1, '123456789012345678', '223456789012345678', {} as never);
  made.reinit();
  return made;
}

describe('guardMls', () => {
  it('is needed: without it the library throws on a proposal and on an external sender that it cannot read', () => {
    // When this fails, the library catches these itself and src/discord/voice/dave/mls-guard.ts can go.
    assert.throws(() => session().processProposals(garbage, new Set()));
    assert.throws(() => session().setExternalSender(garbage));
  });

  it('asks to join the group anew instead of throwing', () => {
    const guarded = session();
    const invalidated: number[] = [];
    guarded.on('invalidateTransition', (transitionId) => invalidated.push(transitionId));
    guardMls(guarded, pino({ level: 'silent' }));
    guardMls(guarded, pino({ level: 'silent' }));
    assert.equal(guarded.processProposals(garbage, new Set()), undefined);
    guarded.setExternalSender(garbage);
    assert.deepEqual(invalidated, [0]);
  });

  it('answers nothing while the call has no encryption: the library would say op 31 and send no key package', () => {
    const unreadable = Buffer.concat([Buffer.from([0, 9]), garbage]);
    const answers = (guard: boolean): string[] => {
      const one = session();
      one.prepareTransition({ transition_id: 4, protocol_version: 0 });
      one.executeTransition(4);
      if (guard) guardMls(one, pino({ level: 'silent' }));
      const told: string[] = [];
      one.on('invalidateTransition', () => told.push('op 31'));
      one.on('keyPackage', () => told.push('op 26'));
      one.processCommit(unreadable);
      return told;
    };
    // When the first is no more, the library knows it itself.
    assert.deepEqual(answers(false), ['op 31']);
    assert.deepEqual(answers(true), []);
  });
});
