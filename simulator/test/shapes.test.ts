import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { MESSAGES, NEWER_FIELDS } from '../src/gemini/proto.ts';
import { clientEventShape, sessionShape } from '../src/openai/events.ts';
import { type Message, withoutShared } from './raw-client.ts';

async function schema(name: string): Promise<Message> {
  return JSON.parse(await readFile(new URL(`../../../shared/schemas/${name}`, import.meta.url), 'utf8'));
}

describe('the shapes that the stand-ins accept', { skip: withoutShared }, () => {
  it('are those of the published Gemini proto, but for the newer fields', async () => {
    const proto = await schema('google/bidi.v1beta.protobufjs.json');
    const types = proto.nested.google.nested.ai.nested.generativelanguage.nested.v1beta.nested;
    const published = (name: string): Message =>
      types[name] ??
      types[`BidiGenerateContent${name}`] ??
      Object.values<Message>(types)
        .map((type) => type.nested?.[name])
        .find(Boolean);
    const unlike = Object.entries(MESSAGES).flatMap(([message, fields]) => {
      const theirs = Object.keys(published(message)?.fields ?? {}).map((field) => `${message}.${field}`);
      const ours = Object.keys(fields).map((field) => `${message}.${field}`);
      return [...ours.filter((one) => !theirs.includes(one)), ...theirs.filter((one) => !ours.includes(one))];
    });
    // The two configurations are not in the proto at all.
    const whole = ['ProactivityConfig.proactiveAudio', 'HistoryConfig.initialHistoryInClientContent'];
    assert.deepEqual(unlike.sort(), [...NEWER_FIELDS, ...whole].sort());
  });

  it('are those of the published OpenAI schema', async () => {
    const { schemas } = (await schema('openai/realtime.components.json')).components;
    const events = Object.values<Message>(schemas).filter(
      (one) => one.title === undefined && one.properties?.type?.enum,
    );
    const published = (type: string) =>
      Object.entries<Message>(schemas).find(
        ([name, one]) => name.startsWith('RealtimeClientEvent') && one.properties?.type?.enum?.[0] === type,
      )?.[1];
    assert.ok(events.length > 0);
    for (const option of clientEventShape.options) {
      const type = option.shape.type.value;
      assert.deepEqual(Object.keys(option.shape).sort(), Object.keys(published(type)?.properties ?? {}).sort(), type);
    }
    const types = Object.entries<Message>(schemas)
      .filter(([name]) => /^RealtimeClientEvent./.test(name))
      .map(([, one]) => one.properties.type.enum[0]);
    const ours = clientEventShape.options.map((option) => option.shape.type.value as string);
    // The transcription-only session is another product.
    assert.deepEqual(
      types.filter((type) => !ours.includes(type)),
      ['transcription_session.update'],
    );
    const session = schemas.RealtimeSessionCreateRequestGA.properties;
    assert.deepEqual(Object.keys(sessionShape.shape).sort(), Object.keys(session).sort());
  });
});
