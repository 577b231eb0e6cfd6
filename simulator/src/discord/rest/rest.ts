import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Json, StoredFile } from '../guild/entities.ts';
import { serveFiles } from './cdn.ts';
import { DiscordError, refusal } from './discord-error.ts';
import { play, type RestFaults } from './faults.ts';
import { RateLimits } from './rate-limits.ts';
import type { AddRoute, RestWorld, Route } from './routes.ts';

/** A request as tests see it. `path` is below `/api/v10`, with its query; `body` of multipart requests is `payload_json`. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly files: readonly string[];
  /** 0: it was never answered. */
  readonly status: number;
  /** What the audit log has as the reason; null where none was given. */
  readonly reason: string | null;
  /** performance.now() when it was answered, or given up. */
  readonly at: number;
}

interface Upload {
  readonly fields: Json;
  readonly files: readonly StoredFile[];
}

/** The same routes as other bots have them, by their tokens. */
export type OtherBots = Map<string, { readonly routes: ReadonlyMap<string, Route>; readonly limits: RateLimits }>;

/**
 * The HTTP server with authentication, rate limits, errors and the record of requests; `routes` fill it. What comes with
 * the token of one of the `others` goes through its routes.
 */
export function restServer(
  world: RestWorld,
  record: (request: RecordedRequest) => void,
  routes: readonly ((add: AddRoute) => void)[],
  others: OtherBots = new Map(),
): FastifyInstance {
  const app = fastify({
    bodyLimit: 26_214_400,
    forceCloseConnections: true,
    // Clients may write `@me` as `%40me`.
    rewriteUrl: (request) => (request.url ?? '/').replaceAll('%40', '@'),
    routerOptions: { ignoreTrailingSlash: true },
  });
  const limits = new RateLimits(world.rateFactor);
  parseBodies(app);
  app.setErrorHandler((error, _request, reply) => sendError(error, reply));
  app.setNotFoundHandler((_request, reply) => sendError(refusal('notFound'), reply));
  // Discord says no charset, and there are clients that look for exactly this.
  app.addHook('onSend', async (_request, reply) => {
    if (/^application\/json/.test(String(reply.getHeader('content-type')))) {
      reply.header('content-type', 'application/json');
    }
  });
  const note = (request: FastifyRequest, status: number): void => {
    if (!request.url.startsWith('/api/')) return;
    const upload = request.body as Upload | undefined;
    record({
      ...shapeOf(request),
      files: upload?.files.map((one) => one.name) ?? [],
      status,
      reason: reasonOf(request),
      at: performance.now(),
    });
  };
  app.addHook('onResponse', async (request, reply) => note(request, reply.statusCode));
  const add: AddRoute = (method, path, route, options = {}) => {
    for (const version of ['v10', 'v9']) {
      app.route({
        method: method as 'GET',
        url: `/api/${version}${path}`,
        // 401 comes before anything else, and is not counted in a bucket.
        onRequest: async (request) => {
          const token = tokenOf(request);
          if (!options.open && token !== world.token && !others.has(token)) throw refusal('unauthorized');
        },
        handler: (request, reply) =>
          answer({
            request,
            reply,
            route: others.get(tokenOf(request))?.routes.get(`${method} ${path}`) ?? route,
            limits: others.get(tokenOf(request))?.limits ?? limits,
            name: `${method} ${path}`,
            callback: path.startsWith('/interactions/'),
            status: options.status ?? 200,
            faults: world.faults,
            unanswered: () => note(request, 0),
          }),
      });
    }
  };
  for (const fill of routes) fill(add);
  serveFiles(app, world);
  return app;
}

/** One bot's routes, by method and path. */
export function routesOf(makers: readonly ((add: AddRoute) => void)[]): ReadonlyMap<string, Route> {
  const routes = new Map<string, Route>();
  for (const make of makers) make((method, path, route) => routes.set(`${method} ${path}`, route));
  return routes;
}

function tokenOf(request: FastifyRequest): string {
  return /^Bot (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
}

function shapeOf(request: FastifyRequest): Pick<RecordedRequest, 'method' | 'path' | 'body'> {
  const path = request.url.replace(/^\/api(\/v\d+)?/, '');
  const upload = request.body as Upload | undefined;
  return {
    method: request.method,
    path,
    body: request.headers['content-type'] === undefined ? undefined : upload?.fields,
  };
}

// https://docs.discord.com/developers/resources/audit-log: URL-encoded, 1–512 characters.
function reasonOf(request: FastifyRequest): string | null {
  const header = request.headers['x-audit-log-reason'];
  if (typeof header !== 'string') return null;
  try {
    return decodeURIComponent(header);
  } catch {
    return header;
  }
}

async function answer(at: {
  request: FastifyRequest;
  reply: FastifyReply;
  route: Route;
  limits: RateLimits;
  name: string;
  callback: boolean;
  status: number;
  faults: RestFaults;
  unanswered: () => void;
}): Promise<unknown> {
  const { request, reply } = at;
  const params = request.params as Record<string, string>;
  if (!at.callback && !limit(at.limits, at.name, params, reply)) return reply;
  if ((reasonOf(request)?.length ?? 0) > 512) throw refusal('malformedBody');
  const upload = request.body as Upload | undefined;
  const call = {
    params,
    query: request.query as Record<string, string>,
    body: upload?.fields ?? {},
    files: upload?.files ?? [],
  };
  const act = () => at.route(call);
  const fault = at.faults.strike(shapeOf(request));
  const done = fault ? await play(fault, { ...at, act }) : { given: await act() };
  if (!done) return reply;
  if (done.given === undefined) return reply.code(204).send();
  return reply.code(at.status).send(done.given);
}

// https://docs.discord.com/developers/topics/rate-limits#header-format
function limit(limits: RateLimits, name: string, params: Record<string, string>, reply: FastifyReply): boolean {
  const major = params.channel ?? params.guild ?? (params.webhook ? `${params.webhook}/${params.token}` : '');
  const taken = limits.take(name, major, Date.now());
  reply.headers({
    'x-ratelimit-bucket': taken.bucket,
    'x-ratelimit-limit': String(taken.limit),
    'x-ratelimit-remaining': String(taken.remaining),
    'x-ratelimit-reset': ((Date.now() + taken.resetAfterMs) / 1000).toFixed(3),
    'x-ratelimit-reset-after': (taken.resetAfterMs / 1000).toFixed(3),
  });
  if (taken.retryAfterMs === undefined) return true;
  const seconds = taken.retryAfterMs / 1000;
  const global = taken.global === true;
  reply.headers({
    'retry-after': String(Math.ceil(seconds)),
    'x-ratelimit-scope': global ? 'global' : 'user',
    ...(global && { 'x-ratelimit-global': 'true' }),
  });
  void reply
    .code(429)
    .send({ message: 'You are being rate limited.', retry_after: Number(seconds.toFixed(3)), global });
  return false;
}

function sendError(error: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof DiscordError) return reply.code(error.status).send(error.toJSON());
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  if (status === 413) return reply.code(413).send({ message: 'Request entity too large', code: 40005 });
  if (status < 500) return reply.code(status).send({ message: `${status}: Bad Request`, code: 0 });
  return reply
    .code(500)
    .send({ message: '500: Internal Server Error', code: 0, simulator: String((error as Error).stack) });
}

// Both kinds of body become the same: fields, and files with them.
function parseBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    async (_request: FastifyRequest, text: string): Promise<Upload> => ({ fields: parseJson(text), files: [] }),
  );
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => parseForm(request.headers['content-type'] ?? '', bytes),
  );
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (): Promise<Upload> => ({ fields: {}, files: [] }));
}

function parseJson(text: string): Json {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw refusal('malformedBody');
  }
}

// https://docs.discord.com/developers/reference#uploading-files
async function parseForm(contentType: string, bytes: Buffer): Promise<Upload> {
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => {
      throw refusal('malformedBody');
    });
  const files = new Map<string, StoredFile>();
  let fields: Json = {};
  for (const [name, value] of form) {
    if (typeof value === 'string') {
      if (name === 'payload_json') fields = parseJson(value);
      else fields[name] = value;
      continue;
    }
    // A part of any other name is not a file of the message, and an id may not come twice.
    const id = /^files\[(\d+)\]$/.exec(name)?.[1];
    if (id === undefined || files.has(id) || value.name === '') throw refusal('malformedBody');
    files.set(id, { name: value.name, contentType: value.type, bytes: new Uint8Array(await value.arrayBuffer()) });
  }
  checkAttachments(fields, new Set(files.keys()));
  return { fields, files: [...files.values()] };
}

/** What is said of new files must be about files that came along; a long id is an attachment that an edit keeps. */
function checkAttachments(fields: Json, ids: ReadonlySet<string>): void {
  const list: unknown = (fields.data ?? fields).attachments;
  if (list === undefined || list === null) return;
  if (!Array.isArray(list)) throw refusal('malformedBody');
  for (const { id } of list) {
    const isNew = String(id ?? '').length < 15;
    if (isNew && !ids.has(String(id))) throw refusal('malformedBody');
  }
}
