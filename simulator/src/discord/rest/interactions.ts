import type { Json, StoredMessage } from '../guild/entities.ts';
import { EPHEMERAL, LOADING } from '../guild/entities.ts';
import type { Interaction } from '../interactions/interactions.ts';
import { checkSizes } from './channels.ts';
import type { AddRoute, Call, RestWorld } from './routes.ts';

/** Routes of interactions: the first response, and messages by the token. They ask for no bot token. */
export function interactionRoutes(world: RestWorld): (add: AddRoute) => void {
  const { interactions } = world;
  const open = { open: true };
  const respond = (call: Call) => {
    checkSizes(call);
    const { interaction: id, token } = call.params;
    const interaction = interactions.respond(id ?? '', token ?? '', call);
    return call.query.with_response === 'true' ? callbackJson(interaction, call.body) : undefined;
  };
  // Finds the interaction of a token, and gives the message that is to be answered with.
  const answer = (act: (interaction: Interaction, call: Call, id: string) => StoredMessage) => (call: Call) => {
    checkSizes(call);
    const interaction = interactions.find(call.params.webhook ?? '', call.params.token ?? '');
    return interaction.asking.board.json(act(interaction, call, call.params.message ?? ''));
  };
  const remove = ({ params }: Call) => {
    interactions.delete(interactions.find(params.webhook ?? '', params.token ?? ''), params.message ?? '');
  };
  return (add) => {
    add('POST', '/interactions/:interaction/:token/callback', respond, open);
    // `:message` is `@original` or an id.
    const webhook = '/webhooks/:webhook/:token';
    const message = `${webhook}/messages/:message`;
    add(
      'POST',
      webhook,
      answer((interaction, call) => interactions.followUp(interaction, call)),
      open,
    );
    add(
      'GET',
      message,
      answer((interaction, _call, id) => interactions.message(interaction, id)),
      open,
    );
    add(
      'PATCH',
      message,
      answer((interaction, call, id) => interactions.edit(interaction, id, call)),
      open,
    );
    add('DELETE', message, remove, open);
  };
}

// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-callback-interaction-callback-response-object
function callbackJson(interaction: Interaction, body: Json): Json {
  const { phase, asking } = interaction;
  const message = phase.status === 'deferred' || phase.status === 'answered' ? phase.message : null;
  return {
    interaction: {
      id: interaction.id,
      type: asking.type,
      ...(message && {
        response_message_id: message.id,
        response_message_loading: Boolean(message.flags & LOADING),
        response_message_ephemeral: Boolean(message.flags & EPHEMERAL),
      }),
    },
    ...(message && { resource: { type: body.type, message: asking.board.json(message) } }),
  };
}
