import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import { noSchemas, request, startDiscord } from './bot.ts';

type Json = Record<string, unknown>;

/** Discord's published OpenAPI as JSON Schema. A union of answers is "any of": its members are not exclusive. */
function publishedSchemas() {
  const text = readFileSync(new URL('../../../../shared/schemas/discord/openapi.json', import.meta.url), 'utf8');
  const spec = JSON.parse(text.replaceAll('"oneOf"', '"anyOf"'), (key, value) =>
    key === 'discriminator' ? undefined : value,
  );
  const ajv = new Ajv.default({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'discord', components: { schemas: spec.components.schemas } });
  const routes = Object.keys(spec.paths);
  return (method: string, path: string, status: number, body: unknown): string[] => {
    const fits = (route: string) => new RegExp(`^${route.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(path);
    const route = routes.find((one) => one === path) ?? routes.find(fits);
    const answer = spec.paths[route ?? '']?.[method.toLowerCase()]?.responses?.[status];
    if (!answer) return [`${method} ${path} does not answer ${status}`];
    const schema = answer.content?.['application/json']?.schema;
    if (!schema) return body === undefined ? [] : [`${method} ${path} has no body`];
    const validate = ajv.compile(
      JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"discord#/components')),
    );
    return validate(body) ? [] : [`${method} ${path}: ${ajv.errorsText(validate.errors)}`];
  };
}

test('every answer conforms to the published schema', { skip: noSchemas }, async (t) => {
  const check = publishedSchemas();
  const discord = await startDiscord(t, { grantedIntents: 2, rateFactor: 0.01 });
  const guild = discord.createGuild({ botPermissions: ['Administrator'] });
  const text = guild.createTextChannel();
  const voice = guild.createVoiceChannel();
  const stage = guild.createVoiceChannel({ type: 'stage' });
  const ann = guild.addPerson({ name: 'Ann' });
  await ann.join(voice, { connect: false });
  const faults: string[] = [];
  const ask = async (method: string, path: string, body?: unknown) => {
    const { status, json } = await request(discord, method, path, body);
    faults.push(...check(method, path, status, json));
    return json;
  };
  const button = { type: 2, style: 1, label: 'Stop', custom_id: 'stop' };
  const message = {
    content: `hi <@${ann.userId}>`,
    embeds: [{ title: 'x' }],
    components: [{ type: 1, components: [button] }],
  };
  const commands = `/applications/${discord.botUser.id}/commands`;
  for (const path of ['/gateway', '/gateway/bot', '/users/@me', '/applications/@me']) await ask('GET', path);
  const options = [{ type: 3, name: 'x', description: 'd', choices: [{ name: 'n', value: 'v' }] }];
  const [command] = await ask('PUT', commands, [{ name: 'a', description: 'd', options }]);
  await ask('GET', `${commands}/${command.id}`);
  await ask('GET', commands);
  const home = `/guilds/${guild.id}`;
  for (const path of ['', '/channels', '/roles', '/members', `/members/${ann.userId}`, `/voice-states/${ann.userId}`])
    await ask('GET', `${home}${path}`);
  for (const channel of [text, voice, stage]) await ask('GET', `/channels/${channel}`);
  const { id } = (await ask('POST', `/channels/${text}/messages`, message)) as Json;
  await ask('POST', `/channels/${text}/messages`, { content: 'yes', message_reference: { message_id: id } });
  await ask('PATCH', `/channels/${text}/messages/${id}`, { content: 'bye' });
  await ask('GET', `/channels/${text}/messages`);
  await ask('POST', `/channels/${text}/threads`, { name: 'Transcript', type: 11 });
  await ask('PATCH', `${home}/members/${ann.userId}`, { mute: true });
  await ask('PUT', `/channels/${voice}/voice-status`, { status: 'AI is listening' });
  await ask('DELETE', `/channels/${text}/messages/${id}`);
  assert.deepEqual(faults, []);
});
