// The server's side of DAVE alone, with @snazzah/davey as its clients and messages handed over by hand.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import davey from '@snazzah/davey';
import { DaveGroup, type DaveMember } from '../../../src/discord/dave/group.ts';
import { ExternalSender } from '../../../src/discord/dave/messages.ts';
import { ANNA, BEN, CHANNEL, CLEO, until } from './support.ts';

/** A client that does what it is told, and only when its mail is read. */
class Client implements DaveMember {
  readonly userId: string;
  readonly session: InstanceType<typeof davey.DAVESession>;
  readonly mail: { op: number; payload: Buffer }[] = [];
  readonly told: { op: number; payload: unknown }[] = [];
  readonly #group: DaveGroup;

  constructor(group: DaveGroup, userId: string) {
    this.userId = userId;
    this.#group = group;
    this.session = new davey.DAVESession(1, userId, CHANNEL);
    group.connect(this);
    this.read();
    this.#sendKeyPackage();
  }

  send(op: number, payload: unknown): void {
    this.told.push({ op, payload });
  }

  sendBinary(op: number, payload: Buffer): void {
    this.mail.push({ op, payload });
  }

  /** Handles everything that came; gives the ops. */
  read(known: readonly string[] = [ANNA, BEN, CLEO]): number[] {
    return this.mail.splice(0).map(({ op, payload }) => {
      if (op === 25) this.session.setExternalSender(payload);
      if (op === 27) this.#commit(payload, known);
      if (op === 29) this.session.processCommit(payload.subarray(2));
      if (op === 30) this.session.processWelcome(payload.subarray(2));
      if (op > 28) this.#group.ready(this.userId, payload.readUInt16BE(0));
      return op;
    });
  }

  restart(): void {
    this.session.reinit(1, this.userId, CHANNEL);
    this.#sendKeyPackage();
  }

  #sendKeyPackage(): void {
    this.#group.keyPackage(this.userId, this.session.getSerializedKeyPackage());
  }

  #commit(payload: Buffer, known: readonly string[]): void {
    const made = this.session.processProposals(payload.readUInt8(0), payload.subarray(1), [...known]);
    if (made.commit)
      this.#group.commitWelcome(this.userId, Buffer.concat([made.commit, made.welcome ?? Buffer.alloc(0)]));
  }
}

function mail(...clients: Client[]): Promise<void> {
  return until(() => clients.every((client) => client.mail.length > 0), 'mail');
}

async function founded(group: DaveGroup): Promise<[Client, Client]> {
  const pair: [Client, Client] = [new Client(group, ANNA), new Client(group, BEN)];
  await mail(...pair);
  for (const client of pair) client.read();
  await mail(...pair);
  for (const client of pair) client.read();
  return pair;
}

describe('the DAVE group of a channel', () => {
  let sender: ExternalSender;
  before(async () => {
    sender = await ExternalSender.create();
  });

  test('is founded by the first commit, in transition 0; the loser is welcomed', async () => {
    const group = new DaveGroup(CHANNEL, sender);
    const [anna, ben] = [new Client(group, ANNA), new Client(group, BEN)];
    await mail(anna, ben);
    assert.deepEqual(anna.read(), [27]);
    assert.deepEqual(ben.read(), [27]); // also commits, too late
    await mail(anna, ben);
    assert.equal(anna.mail[0]?.payload.readUInt16BE(0), 0);
    assert.deepEqual([anna.read(), ben.read()], [[29], [30]]);
    assert.deepEqual([anna.session.ownLeafIndex, ben.session.ownLeafIndex], [0, 1]);
    assert.equal(ben.session.decrypt(ANNA, 0, anna.session.encryptOpus(Buffer.from('hi'))).toString(), 'hi');
    group.close();
  });

  test('executes a later transition when all are ready, and gives a freed leaf to the next who comes', async () => {
    const group = new DaveGroup(CHANNEL, sender);
    const [anna, ben] = await founded(group);
    const cleo = new Client(group, CLEO);
    await mail(anna, ben);
    anna.read();
    ben.read();
    await mail(anna, ben, cleo);
    assert.deepEqual([anna.read(), ben.read()], [[29], [29]]);
    assert.deepEqual(anna.told, [], 'Cleo is not ready yet');
    assert.deepEqual(cleo.read(), [30]);
    assert.deepEqual(anna.told, [{ op: 22, payload: { transition_id: 1 } }]);

    group.disconnect(BEN);
    await mail(anna, cleo);
    cleo.read();
    anna.read();
    await mail(anna, cleo);
    anna.read();
    cleo.read();
    const again = new Client(group, BEN);
    await mail(anna, cleo);
    anna.read();
    await mail(again);
    again.read();
    assert.equal(again.session.ownLeafIndex, 1);
    group.close();
  });

  test('never proposes somebody who left while the proposal was being signed', async () => {
    let leave: (() => void) | undefined;
    const slow = {
      announcement: sender.announcement,
      readKeyPackage: (payload: Buffer, userId: string) => sender.readKeyPackage(payload, userId),
      propose: async (...args: Parameters<ExternalSender['propose']>) => {
        const proposal = await sender.propose(...args);
        leave?.();
        return proposal;
      },
    };
    const group = new DaveGroup(CHANNEL, slow as unknown as ExternalSender);
    const [anna, ben] = await founded(group);
    let left = false;
    leave = () => {
      leave = undefined;
      left = true;
      group.disconnect(CLEO);
    };
    const first = new Client(group, CLEO);
    await until(() => left, 'Cleo left');
    assert.deepEqual([first.mail, anna.mail, ben.mail], [[], [], []]);
    const second = new Client(group, CLEO);
    await mail(anna, ben);
    anna.read();
    await mail(second);
    assert.deepEqual(second.read(), [30]);
    group.close();
  });

  test('lets a client that cannot follow out and in again', async () => {
    const group = new DaveGroup(CHANNEL, sender);
    const [anna, ben] = await founded(group);
    group.invalid(BEN);
    ben.restart();
    await mail(anna);
    anna.read(); // commits the removal
    await mail(anna);
    anna.read();
    await mail(anna);
    anna.read(); // commits the addition
    await mail(anna, ben);
    anna.read();
    assert.deepEqual(ben.read(), [30]);
    assert.equal(anna.session.decrypt(BEN, 0, ben.session.encryptOpus(Buffer.from('back'))).toString(), 'back');
    group.close();
  });

  test('takes the key package after several op 31 for the answer to all of them', async () => {
    const group = new DaveGroup(CHANNEL, sender);
    const [anna, ben] = await founded(group);
    group.invalid(BEN);
    group.invalid(BEN);
    ben.restart();
    for (let i = 0; i < 4 && ben.mail.length === 0; i += 1) {
      await mail(anna);
      anna.read();
    }
    await mail(ben);
    assert.deepEqual(ben.read(), [30]);
    group.close();
  });

  test('asks the last one to begin anew, and founds another group with the next', async () => {
    const group = new DaveGroup(CHANNEL, sender);
    const [anna] = await founded(group);
    group.disconnect(BEN);
    await until(() => anna.told.length === 2, 'told');
    assert.deepEqual(anna.told, [
      { op: 24, payload: { protocol_version: 1, epoch: 1 } },
      { op: 21, payload: { protocol_version: 1, transition_id: 0 } },
    ]);
    anna.restart();
    const ben = new Client(group, BEN);
    await mail(anna, ben);
    anna.read();
    await mail(anna, ben);
    assert.deepEqual([anna.read(), ben.read()], [[29], [27, 30]]);
    group.close();
  });

  test('begins anew when a founder leaves before the group stands', async () => {
    const group = new DaveGroup(CHANNEL, sender);
    const clients = [new Client(group, ANNA), new Client(group, BEN), new Client(group, CLEO)];
    await mail(clients[0] as Client, clients[1] as Client);
    group.disconnect(ANNA);
    const rest = clients.slice(1);
    await until(() => rest.every((client) => client.told.some(({ op }) => op === 24)), 'told to begin anew');
    for (const client of rest) {
      client.mail.length = 0;
      client.restart();
    }
    await mail(...rest);
    for (const client of rest) client.read();
    await mail(...rest);
    for (const client of rest) client.read();
    assert.ok(rest.every((client) => client.session.ready));
    group.close();
  });
});
