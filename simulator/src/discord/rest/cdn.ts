import type { FastifyInstance } from 'fastify';
import type { RestWorld } from './routes.ts';

/** Where attachments are downloaded from: whoever has the address, without a token. */
export function serveFiles(app: FastifyInstance, world: Pick<RestWorld, 'guilds'>): void {
  app.get('/attachments/:id/:name', async (request, reply) => {
    const { id } = request.params as { id: string };
    for (const guild of world.guilds.values()) {
      const file = guild.board.file(id);
      if (file) return reply.type(file.contentType).send(Buffer.from(file.bytes));
    }
    return reply.code(404).send('This content is no longer available.');
  });
}
