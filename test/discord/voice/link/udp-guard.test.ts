import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { VoiceUDPSocket } from '@discordjs/voice';
import { guardVoiceUdp } from '../../../../src/discord/voice/link/udp-guard.ts';

/** A socket that is closed in the turn in which it was made, and then left to the library's first keep-alive. */
async function closedAtOnce(guard: (udp: VoiceUDPSocket) => void): Promise<readonly unknown[]> {
  const errors: unknown[] = [];
  const note = (error: unknown) => errors.push(error);
  const udp = new VoiceUDPSocket({ ip: '127.0.0.1', port: 9 });
  const inner = udp as unknown as { keepAlive(): void };
  const keepAlive = inner.keepAlive.bind(udp);
  // In the process of a test an error of a timer would end the whole file.
  inner.keepAlive = () => {
    try {
      keepAlive();
    } catch (error) {
      note(error);
    }
  };
  guard(udp);
  udp.destroy();
  await turn();
  await turn();
  return errors;
}

/** The answer to IP discovery, naming a port. */
function answer(port: number): Buffer {
  const datagram = Buffer.alloc(74);
  datagram.writeUInt16BE(2, 0);
  datagram.writeUInt16BE(70, 2);
  datagram.write('127.0.0.1', 8);
  datagram.writeUInt16BE(port, 72);
  return datagram;
}

/** What IP discovery finds where a stranger answers before the server does. */
async function discovered(guard: (udp: VoiceUDPSocket) => void): Promise<number> {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  const stranger = createSocket('udp4').bind(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(stranger, 'listening')]);
  const udp = new VoiceUDPSocket({ ip: '127.0.0.1', port: server.address().port });
  const found = udp.performIPDiscovery(7);
  guard(udp);
  const [, from] = await once(server, 'message');
  await new Promise<void>((sent) => stranger.send(answer(666), from.port, '127.0.0.1', () => sent()));
  // Loopback delivers in order: what the stranger sent is there first.
  server.send(answer(5_000), from.port, '127.0.0.1');
  const { port } = await found;
  udp.destroy();
  server.close();
  stranger.close();
  return port;
}

describe('guardVoiceUdp', () => {
  it('takes the answer of IP discovery from the voice server alone', async () => {
    assert.equal(await discovered(() => {}), 666, 'needed: without it the library takes the first that comes');
    assert.equal(await discovered(guardVoiceUdp), 5_000);
  });

  it('is needed: without it the library throws from a timer when it is closed at once', async () => {
    // When this fails, the library calls its keep-alive off and src/discord/voice/link/udp-guard.ts can go.
    const [error] = await closedAtOnce(() => {});
    assert.equal((error as NodeJS.ErrnoException).code, 'ERR_SOCKET_DGRAM_NOT_RUNNING');
  });

  it('drops datagrams for a closed socket, and sends the others', async () => {
    assert.deepEqual(await closedAtOnce(guardVoiceUdp), []);
    const server = createSocket('udp4').bind(0, '127.0.0.1');
    await once(server, 'listening');
    const udp = new VoiceUDPSocket({ ip: '127.0.0.1', port: server.address().port });
    guardVoiceUdp(udp);
    guardVoiceUdp(udp);
    const came = once(server, 'message');
    udp.send(Buffer.from('abc'));
    assert.equal(String((await came)[0]), 'abc');
    udp.destroy();
    server.close();
  });
});
