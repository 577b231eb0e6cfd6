import assert from 'node:assert/strict';
import { createDecipheriv } from 'node:crypto';
import { describe, test } from 'node:test';
import { clearHeaderBytes, payloadOf, readRtpHeader, writeRtpHeader } from '../../../src/discord/voice/rtp.ts';
import { ENCRYPTION_MODES, isEncryptionMode, Transport } from '../../../src/discord/voice/transport.ts';

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const HEADER = writeRtpHeader({ sequence: 0xffff, timestamp: 0xfffffc40, ssrc: 0x80000001 });

describe('transport encryption', () => {
  for (const mode of ENCRYPTION_MODES) {
    test(`${mode}: the other end opens what was sealed, and no packet is like another`, () => {
      const sender = new Transport(mode, KEY);
      const receiver = new Transport(mode, KEY);
      const first = sender.seal(HEADER, Buffer.from('hello'));
      const second = sender.seal(HEADER, Buffer.from('hello'));
      assert.equal(first.length, 16 + 5 + 16 + 4);
      assert.deepEqual(first.subarray(0, 16), HEADER);
      assert.notDeepEqual(first.subarray(16), second.subarray(16));
      assert.equal(receiver.open(second, 16)?.toString(), 'hello');
      assert.equal(receiver.open(first, 16)?.toString(), 'hello');
    });

    test(`${mode}: nothing that was changed, cut or sealed with another key is opened`, () => {
      const sealed = new Transport(mode, KEY).seal(HEADER, Buffer.from('hello'));
      const receiver = new Transport(mode, KEY);
      for (let i = 0; i < sealed.length; i++) {
        const changed = Buffer.from(sealed);
        changed[i] = (changed[i] as number) ^ 1;
        assert.equal(receiver.open(changed, 16), undefined, `byte ${i}`);
      }
      assert.equal(receiver.open(sealed.subarray(0, 20), 16), undefined);
      assert.equal(new Transport(mode, new Uint8Array(32)).open(sealed, 16), undefined);
    });
  }

  test('AES: the nonce is the counter at the end of the packet, filled up with zeros', () => {
    const sealed = new Transport('aead_aes256_gcm_rtpsize', KEY).seal(HEADER, Buffer.from('hello'));
    const nonce = Buffer.concat([sealed.subarray(-4), Buffer.alloc(8)]);
    const decipher = createDecipheriv('aes-256-gcm', KEY, nonce);
    decipher.setAAD(HEADER);
    decipher.setAuthTag(sealed.subarray(-20, -4));
    assert.equal(decipher.update(sealed.subarray(16, -20)).toString() + decipher.final().toString(), 'hello');
  });

  test('only modes of Discord are known', () => {
    assert.equal(isEncryptionMode('aead_xchacha20_poly1305_rtpsize'), true);
    assert.equal(isEncryptionMode('xsalsa20_poly1305'), false);
  });
});

describe('RTP', () => {
  test('the readable header counts CSRCs and the extension by its bit', () => {
    const packet = Buffer.alloc(40);
    for (const [first, bytes] of [
      [0x80, 12],
      [0x90, 16],
      [0x82, 20],
      [0x92, 24],
      [0x40, 0],
    ] as const) {
      packet[0] = first;
      assert.equal(clearHeaderBytes(packet), bytes);
    }
    packet[0] = 0x8f;
    assert.equal(clearHeaderBytes(packet), 0, 'more CSRCs than bytes');
    assert.equal(clearHeaderBytes(packet.subarray(0, 11)), 0);
  });

  test('the header carries sequence, timestamp and SSRC with all their bits', () => {
    assert.deepEqual(readRtpHeader(HEADER), { sequence: 0xffff, timestamp: 0xfffffc40, ssrc: 0x80000001 });
    assert.equal(HEADER.toString('hex'), '9078fffffffffc4080000001bede0001');
  });

  test('the payload is what lies between the extension and the padding', () => {
    const body = Buffer.from([0x10, 0x9e, 0, 0, 1, 2, 3]);
    assert.deepEqual([...(payloadOf(HEADER, body) ?? [])], [1, 2, 3]);
    const padded = Buffer.from(HEADER);
    padded[0] = 0xb0;
    assert.deepEqual([...(payloadOf(padded, Buffer.from([0x10, 0x9e, 0, 0, 1, 9, 2])) ?? [])], [1]);
    assert.equal(payloadOf(padded, Buffer.from([0x10, 0x9e, 0, 0, 1, 9, 200])), undefined);
    assert.equal(payloadOf(HEADER, Buffer.from([1, 2])), undefined);
  });
});
