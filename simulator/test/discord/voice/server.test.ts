// The voice gateway as a bare websocket sees it. Codes and orders: docs.discord.com, "Voice Connections" and "Opcodes".
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import davey from '@snazzah/davey';
import { WebSocket } from 'ws';
import { VoiceClosedError } from '../../../src/discord/voice/client.ts';
import { writeRtpHeader } from '../../../src/discord/voice/rtp.ts';
import { VoiceServer } from '../../../src/discord/voice/server.ts';
import { Transport } from '../../../src/discord/voice/transport.ts';
import { ANNA, admission, BEN, CHANNEL, CLEO, GUILD, join, tone, until } from './support.ts';

interface Message {
  op: number;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of a test
  d: any;
  seq?: number;
}

/** A websocket that remembers what came. */
class Bare {
  readonly messages: Message[] = [];
  readonly binary: Buffer[] = [];
  readonly socket: WebSocket;
  code: number | undefined;

  constructor(server: VoiceServer, version = '8') {
    this.socket = new WebSocket(`wss://${server.endpoint}?v=${version}`, { ca: server.certificate });
    this.socket.on('error', () => {});
    this.socket.on('close', (code) => {
      this.code = code;
    });
    this.socket.on('message', (bytes: Buffer, isBinary) => {
      if (isBinary) this.binary.push(bytes);
      else this.messages.push(JSON.parse(bytes.toString()));
    });
  }

  send(op: number, d: unknown): void {
    this.socket.send(JSON.stringify({ op, d }));
  }

  async get(op: number): Promise<Message> {
    await until(() => this.messages.some((message) => message.op === op), `op ${op}`);
    return this.messages.find((message) => message.op === op) as Message;
  }

  async closed(): Promise<number> {
    await until(() => this.code !== undefined, 'closed');
    return this.code as number;
  }
}

async function open(server: VoiceServer): Promise<Bare> {
  const bare = new Bare(server);
  await bare.get(8);
  return bare;
}

function identify(userId: string, token: string, more: object = {}): object {
  const { guildId, sessionId } = admission(userId);
  const ids = { server_id: guildId, user_id: userId, session_id: sessionId };
  return { ...ids, token, max_dave_protocol_version: 1, ...more };
}

const SELECT = { protocol: 'udp', data: { address: '127.0.0.1', port: 9, mode: 'aead_aes256_gcm_rtpsize' } };

async function identified(server: VoiceServer, userId: string): Promise<{ bare: Bare; token: string }> {
  const token = server.admit(admission(userId));
  const bare = await open(server);
  bare.send(0, identify(userId, token));
  await bare.get(2);
  return { bare, token };
}

describe('the voice gateway', () => {
  let server: VoiceServer;
  before(async () => {
    server = await VoiceServer.start();
  });
  after(() => server.close());

  test('says hello, and gives SSRC, address and modes to whom it admitted', async () => {
    const { bare } = await identified(server, ANNA);
    assert.deepEqual((await bare.get(8)).d, { v: 8, heartbeat_interval: 13750 });
    const { d } = await bare.get(2);
    assert.equal(d.ip, '127.0.0.1');
    assert.deepEqual(d.modes, ['aead_aes256_gcm_rtpsize', 'aead_xchacha20_poly1305_rtpsize']);
    assert.ok(d.ssrc > 0 && d.port > 0);
    bare.send(1, SELECT);
    const description = await bare.get(4);
    assert.equal(description.d.dave_protocol_version, 1);
    assert.equal(description.d.secret_key.length, 32);
    bare.socket.close(1000);
  });

  test('acknowledges a heartbeat with its own nonce', async () => {
    const bare = await open(server);
    bare.send(3, { t: 1234, seq_ack: -1 });
    assert.deepEqual((await bare.get(6)).d, { t: 1234 });
    bare.socket.close(1000);
  });

  const token = () => server.admit(admission(ANNA));
  const refusals: [string, number, (bare: Bare) => void][] = [
    ['an unknown token', 4004, (bare) => bare.send(0, identify(ANNA, 'wrong'))],
    ['an older token', 4004, (bare) => bare.send(0, identify(ANNA, token(), { token: [token(), token()][0] }))],
    ['the session of somebody else', 4006, (bare) => bare.send(0, identify(ANNA, token(), { session_id: 'x' }))],
    ['another user', 4006, (bare) => bare.send(0, identify(ANNA, token(), { user_id: BEN }))],
    ['another guild', 4006, (bare) => bare.send(0, identify(ANNA, token(), { server_id: '1' }))],
    ['a client without DAVE', 4017, (bare) => bare.send(0, identify(ANNA, token(), { max_dave_protocol_version: 0 }))],
    ['a command before Identify', 4003, (bare) => bare.send(1, SELECT)],
    ['a binary frame before Identify', 4003, (bare) => bare.socket.send(Buffer.from([26, 1]))],
    ['an unknown opcode', 4001, (bare) => bare.send(99, {})],
    ['what is not JSON', 4002, (bare) => bare.socket.send('{')],
    ['the resumption of nothing', 4006, (bare) => bare.send(7, { ...identify(ANNA, token()), seq_ack: 1 })],
  ];
  for (const [what, code, act] of refusals) {
    test(`refuses ${what}: ${code}`, async () => {
      const bare = await open(server);
      act(bare);
      assert.equal(await bare.closed(), code);
    });
  }

  const later: [string, number, (bare: Bare) => void][] = [
    ['a second Identify', 4005, (bare) => bare.send(0, {})],
    ['an unknown protocol', 4012, (bare) => bare.send(1, { ...SELECT, protocol: 'webrtc' })],
    [
      'an unknown encryption mode',
      4016,
      (bare) => bare.send(1, { ...SELECT, data: { ...SELECT.data, mode: 'xsalsa20_poly1305' } }),
    ],
    ['speaking before the protocol is selected', 4020, (bare) => bare.send(5, { speaking: 1, delay: 0, ssrc: 1 })],
  ];
  for (const [what, code, act] of later) {
    test(`refuses ${what}: ${code}`, async () => {
      const { bare } = await identified(server, ANNA);
      act(bare);
      assert.equal(await bare.closed(), code);
    });
  }

  test('refuses to speak under an SSRC that is not the client’s own', async () => {
    const { bare } = await identified(server, ANNA);
    bare.send(1, SELECT);
    await bare.get(4);
    bare.send(5, { speaking: 1, delay: 0, ssrc: 1 });
    assert.equal(await bare.closed(), 4020);
  });

  test('speaks version 8 only', async () => {
    const bare = new Bare(server, '4');
    assert.equal(await bare.closed(), 1006);
  });

  test('a person with a wrong token gets the close code as an error', async () => {
    const { endpoint, certificate } = server;
    const client = { ...admission(ANNA), token: 'wrong', endpoint, certificate };
    await assert.rejects(join(server, ANNA, { client }), (error) => {
      assert.ok(error instanceof VoiceClosedError);
      assert.equal(error.code, 4004);
      return true;
    });
  });

  test('tells of those who come, speak and go, each with a number', async () => {
    const { bare } = await identified(server, ANNA);
    bare.send(1, SELECT);
    await bare.get(4);
    // A client that never completes DAVE must not keep the others from talking to each other once it is gone.
    const { bare: ben } = await identified(server, BEN);
    ben.send(1, SELECT);
    await ben.get(11);
    const { ssrc } = (await ben.get(2)).d;
    ben.send(5, { speaking: 1, delay: 0, ssrc });
    await bare.get(5);
    ben.socket.close(1000);
    await bare.get(13);
    const told = bare.messages.filter(({ op }) => [5, 11, 13].includes(op));
    assert.deepEqual(
      told.map(({ op, d }) => ({ op, d })),
      [
        { op: 11, d: { user_ids: [BEN] } },
        { op: 5, d: { user_id: BEN, ssrc, speaking: 1, delay: 0 } },
        { op: 13, d: { user_id: BEN } },
      ],
    );
    assert.deepEqual(ben.messages.find(({ op }) => op === 11)?.d, { user_ids: [ANNA] });
    // op 4, the binary op 25, then these.
    assert.deepEqual(
      told.map(({ seq }) => seq),
      [3, 4, 5],
    );
    assert.equal(bare.binary[0]?.readUInt16BE(0), 2);
    assert.equal(bare.binary[0]?.readUInt8(2), 25);
    bare.socket.close(1000);
    await until(() => server.connected(CHANNEL).length === 0, 'all gone');
  });

  test('repeats what was not acknowledged when a client resumes, after op 9', async () => {
    const { bare, token: key } = await identified(server, ANNA);
    bare.send(1, SELECT);
    await until(() => bare.binary.length === 1, 'op 25');
    bare.send(3, { t: 1, seq_ack: 2 });
    await bare.get(6);
    bare.socket.terminate();
    const { bare: ben } = await identified(server, BEN);
    ben.send(1, SELECT);
    await ben.get(11);
    ben.socket.close(1000);
    await until(() => server.connected(CHANNEL).length === 1, 'Ben is gone');
    const again = await open(server);
    again.send(7, { ...identify(ANNA, key), seq_ack: 2 });
    await again.get(13);
    assert.deepEqual(again.messages.map(({ op, seq }) => ({ op, seq })).slice(1, 4), [
      { op: 9, seq: undefined },
      { op: 11, seq: 3 },
      { op: 13, seq: 4 },
    ]);
    again.socket.close(1000);
    await until(() => server.connected(CHANNEL).length === 0, 'all gone');
  });

  test('gives a broken session up when the time to resume is over', async () => {
    const impatient = await VoiceServer.start({ resumeWindowMs: 20 });
    const { bare, token: key } = await identified(impatient, ANNA);
    bare.send(1, SELECT);
    await bare.get(4);
    bare.socket.terminate();
    await until(() => impatient.connected(CHANNEL).length === 0, 'gone');
    const again = await open(impatient);
    again.send(7, { ...identify(ANNA, key), seq_ack: 1 });
    assert.equal(await again.closed(), 4006);
    await impatient.close();
  });

  test('a key package of somebody else, or none at all, does not disturb the others', async () => {
    const { bare } = await identified(server, CLEO);
    bare.send(1, SELECT);
    await until(() => bare.binary.length === 1, 'op 25');
    const stolen = new davey.DAVESession(1, BEN, CHANNEL).getSerializedKeyPackage();
    bare.socket.send(Buffer.concat([Buffer.from([26]), stolen]));
    bare.socket.send(Buffer.from([26, 1, 2, 3]));
    bare.socket.send(Buffer.from([28, 0, 1, 0, 1]));
    bare.send(23, { transition_id: 7 });
    const pair = [join(server, ANNA), join(server, BEN)];
    bare.send(31, { transition_id: 0 });
    const people = await Promise.all(pair);
    assert.equal(server.connected(CHANNEL).length, 3);
    bare.socket.close(1000);
    await Promise.all(people.map((person) => person.disconnect()));
  });
});

describe('the media half of the voice server', () => {
  let server: VoiceServer;
  let udp: Socket;
  before(async () => {
    server = await VoiceServer.start({ dave: false });
    udp = createSocket('udp4');
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
  });
  after(async () => {
    udp.close();
    await server.close();
  });

  test('tells a client its address, leaves keep-alives unanswered, and takes media from that address only', async () => {
    const listener = await join(server, BEN);
    const { bare } = await identified(server, ANNA);
    const { ssrc, port } = (await bare.get(2)).d;
    const request = Buffer.alloc(74);
    request.writeUInt16BE(1, 0);
    request.writeUInt16BE(70, 2);
    request.writeUInt32BE(ssrc, 4);
    udp.send(request, port, '127.0.0.1');
    const [answer] = (await once(udp, 'message')) as [Buffer];
    assert.equal(answer.length, 74);
    assert.deepEqual([answer.readUInt16BE(0), answer.readUInt16BE(2), answer.readUInt32BE(4)], [2, 70, ssrc]);
    assert.equal(answer.toString('latin1', 8, 18), '127.0.0.1\0');
    assert.equal(answer.readUInt16BE(72), udp.address().port);

    // Not every voice server echoes these: https://github.com/discordjs/discord.js/issues/9185. What comes next is the answer to the discovery.
    udp.send(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]), port, '127.0.0.1');
    udp.send(request, port, '127.0.0.1');
    const [next] = (await once(udp, 'message')) as [Buffer];
    assert.deepEqual(next, answer);
    assert.equal(server.refused.malformed, 0);

    bare.send(1, { ...SELECT, data: { ...SELECT.data, port: udp.address().port } });
    const key = Uint8Array.from((await bare.get(4)).d.secret_key);
    const transport = new Transport('aead_aes256_gcm_rtpsize', key);
    const packet = (sequence: number) =>
      transport.seal(writeRtpHeader({ sequence, timestamp: 960 * sequence, ssrc }), Buffer.from('....opus'));
    const stranger = createSocket('udp4');
    const send = (datagram: Buffer, from = udp) => from.send(datagram, port, '127.0.0.1');

    send(packet(1)); // before op 5
    await until(() => server.refused.unannounced === 1, 'unannounced');
    bare.send(5, { speaking: 1, delay: 0, ssrc });
    await until(() => listener.ssrc > 0 && server.connected(CHANNEL).length === 2, 'both');
    bare.send(3, { t: 1 });
    await bare.get(6); // op 5 is through
    send(packet(2), stranger);
    send(writeRtpHeader({ sequence: 3, timestamp: 0, ssrc: 1 }));
    await until(() => server.refused.strangers === 2, 'strangers');
    const broken = packet(4);
    broken[20] = (broken[20] as number) ^ 1;
    send(broken);
    await until(() => server.refused.unauthentic === 1, 'unauthentic');
    send(Buffer.alloc(11));
    await until(() => server.refused.malformed === 1, 'malformed');
    send(packet(5));
    await until(() => listener.heard.length === 1, 'heard');
    const { at, ...heard } = listener.heard[0] as (typeof listener.heard)[number];
    assert.ok(at > 0);
    assert.deepEqual(heard, { userId: ANNA, ssrc, sequence: 5, timestamp: 4800, opus: Buffer.from('opus') });
    stranger.close();
    bare.socket.close(1000);
    await listener.disconnect();
  });

  test('sends a client any bytes, from its own port or from a strange one', async () => {
    const { bare } = await identified(server, ANNA);
    bare.send(1, { ...SELECT, data: { ...SELECT.data, port: udp.address().port } });
    await bare.get(4);
    const { port } = (await bare.get(2)).d;
    const seat = { guildId: GUILD, userId: ANNA };
    for (const [from, isServer] of [
      ['server', true],
      ['stranger', false],
    ] as const) {
      const message = once(udp, 'message');
      await server.inject(seat, Buffer.from('junk12345'), from);
      const [datagram, source] = (await message) as [Buffer, { port: number }];
      assert.equal(datagram.toString(), 'junk12345');
      assert.equal(source.port === port, isServer);
    }
    await assert.rejects(server.inject({ guildId: GUILD, userId: CLEO }, Buffer.from('x')), TypeError);
    bare.socket.close(1000);
  });

  test('without DAVE a person hears another just so', async () => {
    const anna = await join(server, ANNA);
    const ben = await join(server, BEN);
    await anna.speak(tone(440, 100));
    await until(() => ben.heard.length === 10, 'heard');
    await Promise.all([anna.disconnect(), ben.disconnect()]);
  });
});
