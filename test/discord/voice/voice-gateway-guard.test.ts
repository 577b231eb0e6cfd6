import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { Networking } from '@discordjs/voice';
import pino from 'pino';
import { guardVoiceGateway, isWellFormed } from '../../../src/discord/voice/voice-gateway-guard.ts';

const json = (op: number, d: unknown): string => JSON.stringify({ op, d });
const log = pino({ level: 'silent' });

/** The library's own socket towards an address where nobody answers, with the networking's handlers on it. */
function socket() {
  const networking = new Networking(
    { endpoint: '127.0.0.1:9', serverId: '1', token: 't', sessionId: 's', userId: '2', channelId: '3' },
    { debug: false },
  );
  networking.on('error', () => {});
  assert.ok('ws' in networking.state);
  return { ws: networking.state.ws, close: () => networking.destroy() };
}

describe('guardVoiceGateway', () => {
  it('is needed: without it the library throws on null, on a missing field and on a short binary frame', () => {
    // When this fails, the library checks these itself and src/discord/voice/voice-gateway-guard.ts can go.
    const { ws, close } = socket();
    for (const data of ['null', '{"op":8}', Buffer.alloc(1)]) {
      assert.throws(() => ws.onMessage({ data } as never), `${data}`);
    }
    close();
  });

  it('drops what is malformed, whatever it is, and hands on the rest', () => {
    const { ws, close } = socket();
    guardVoiceGateway(ws, log);
    guardVoiceGateway(ws, log);
    let packets = 0;
    (ws as EventEmitter).on('packet', () => {
      packets += 1;
    });
    for (const data of [
      'null',
      '7',
      '"x"',
      '[]',
      '{',
      '{"op":8}',
      '{"op":"8","d":{}}',
      Buffer.alloc(0),
      Buffer.alloc(3),
    ]) {
      ws.onMessage({ data } as never);
    }
    assert.equal(packets, 0);
    ws.onMessage({ data: json(8, { heartbeat_interval: 13_750 }) } as never);
    assert.equal(packets, 1);
    close();
  });

  it('asks of each message what its opcode needs', () => {
    const ready = { ssrc: 1, ip: '127.0.0.1', port: 5, modes: ['a'] };
    const key = Array(32).fill(7);
    const good: unknown[] = [
      json(2, ready),
      json(4, { mode: 'aead_aes256_gcm_rtpsize', secret_key: key, dave_protocol_version: 1 }),
      json(5, { ssrc: 1, user_id: '123', speaking: 1 }),
      json(11, { user_ids: ['1', '2'] }),
      json(13, { user_id: '1' }),
      json(21, { transition_id: 0, protocol_version: 1 }),
      json(22, { transition_id: 3 }),
      json(24, { epoch: 1, protocol_version: 1 }),
      json(18, { anything: true }),
      json(6, null),
      Buffer.from([0, 1, 29, 0, 0, 1]),
    ];
    for (const frame of good) assert.equal(isWellFormed(frame), true, String(frame));
    const bad: unknown[] = [
      json(2, { ...ready, port: 70_000 }),
      json(2, { ...ready, ip: 'example.org' }),
      json(4, { mode: 'x', secret_key: key.slice(1) }),
      json(5, { ssrc: -1, user_id: '123' }),
      json(5, { ssrc: 1, user_id: 123 }),
      json(8, { heartbeat_interval: 0 }),
      json(11, { user_ids: [1] }),
      json(13, null),
      json(21, { transition_id: 70_000, protocol_version: 1 }),
      json(24, { epoch: 1, protocol_version: 9 }),
      JSON.stringify({ op: 18, d: {}, seq: 'x' }),
      Buffer.from([0, 1, 30, 0, 0]),
      undefined,
    ];
    for (const frame of bad) assert.equal(isWellFormed(frame), false, String(frame));
  });
});
