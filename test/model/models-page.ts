import { geminiTraits, knownModels, openAITraits } from '../../src/model/capabilities.ts';
import { UNSUPPORTED_EXAMPLES, unsupported } from '../../src/model/connection/unsupported.ts';
import { TRANSCRIBERS } from '../../src/model/openai/transcription/models.ts';
import type { AsyncFunctions } from '../../src/model/traits.ts';
import type { Capabilities } from '../../src/ports/capabilities.ts';
import { PRICES, type Price } from '../../src/usage/prices.ts';

const MINUTE_MS = 60_000;
const yes = (has: boolean) => (has ? 'yes' : '–');

const UNASKED: Readonly<Record<NonNullable<Capabilities['unprompted']>, string>> = {
  waits: 'every turn, by a model of its own',
  answers: 'every turn; its answer is held back where none was asked for',
  chooses: 'what it answers; what it keeps silent at, as well as it can',
  'may-choose': 'what it answers; what it keeps silent at, as well as it can',
};
const ASYNC: Readonly<Record<AsyncFunctions, string>> = {
  default: 'unless declared blocking',
  'opt-in': 'where declared so',
  only: 'only so',
  none: 'no: results come later in words',
};
const PROACTIVE = { never: '–', optional: 'where asked to', always: 'always' } as const;
const THINKING = { none: '–', fixed: 'by itself', level: 'levels', budget: 'budget' } as const;

/** What docs/models.md says: all of it from the tables of src/model. */
export function modelsPage(): string {
  return `# Models

What Parley knows of each model, by its exact name and where it is offered. **This page is generated** from the tables in \`src/model\` (\`openai/models.ts\`, \`gemini/models.ts\`, \`openai/transcription/models.ts\`) and in \`src/usage/prices.ts\`, which say where each fact comes from; a test fails when they differ. To write it anew: \`UPDATE=1 node_modules/.bin/node --test test/model/models-page.test.ts\`.

\`/voice model\` proposes the models of the provider in use, \`/tools list\` says what the one in use has and what is left out.

## OpenAI and Azure OpenAI

On Azure a deployment counts as the model that it is named after, or that \`AZURE_OPENAI_MODEL\` names. Tools that need not be waited for: the model is told at once that they run, and of the result when it is there.

${table(
  [
    'model',
    'functions',
    'hosted MCP',
    'answers in text',
    'turns drawn by',
    'writes down',
    'thinking',
    'context',
    'connection',
    'ends',
  ],
  knownModels('openai').map((model) => {
    const { capabilities, functions, hostedMcp, transcriber, thinking, contextTokens, connectionMs, ends } =
      openAITraits(model);
    return [
      code(model),
      yes(functions),
      yes(hostedMcp),
      yes(capabilities.replyForms.includes('text')),
      turns(capabilities),
      transcriber === null ? '–' : `every turn, by ${code(transcriber)}`,
      THINKING[thinking],
      tokens(contextTokens),
      minutes(connectionMs),
      ends ?? '–',
    ];
  }),
)}

Voices: ${openAITraits('gpt-realtime-2.1').capabilities.voices.join(', ')}. Of Google's tools none.

${google('gemini', 'Gemini API', 'Search, functions and the other tools stand beside each other in one session.')}

${google(
  'vertex',
  'Vertex AI',
  'A session there takes tools of one kind: **search does not stand beside functions**. Parley offers its own tools; `/tools enable tool:google_search` offers the search in place of all of them, and `/tools disable` brings them back.',
)}

Voices of the models of native audio: ${geminiTraits('gemini-3.8-live').capabilities.voices.join(', ')}; of \`gemini-live-2.5-flash\` and \`gemini-live-2.5-flash-preview\`: ${geminiTraits('gemini-live-2.5-flash').capabilities.voices.join(', ')}.

Where somebody else speaks while the model waits for a tool, the service takes the call back; Parley lets it run on and tells the result afterwards. \`gemini-3.8-live\` calls again after results that say nothing: they go with a note that this does not help. \`gemini-3.8-live-extended-thinking\` thinks in the background, speaks meanwhile and answers one turn several times: all of it counts for the turn's person, and for whoever else was waiting.

## What writes down

${table(
  ['model', 'told of languages', 'faster than real time', 'US$ a minute', 'ends'],
  Object.entries(TRANSCRIBERS).map(([model, { languageAs, pace, ends }]) => [
    code(model),
    languageAs === 'languages' ? 'several' : 'one',
    Number.isFinite(pace) ? `${pace} times` : 'as one likes',
    money(PRICES.get(model)?.perMinute),
    ends ?? '–',
  ]),
)}

\`OPENAI_TRANSCRIBE_MODEL\` chooses one; on Azure \`AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT\` names a deployment of one, such as \`gpt-realtime-whisper\`. Gemini and Vertex AI write down by themselves.

## Prices

US dollars for a million tokens, of autumn 2026; \`PRICES_FILE\` replaces them.

${table(
  ['model', 'text in / cached / out', 'audio in / cached / out', 'a search'],
  [...new Set((['openai', 'gemini', 'vertex'] as const).flatMap((provider) => knownModels(provider)))].map((model) =>
    priceRow(model, PRICES.get(model)),
  ),
)}

## A model that is not in these tables

It is used with what every model of its protocol takes: functions, no choice of voices, turns drawn by Parley, no tools of the provider, no hosted MCP, answers in voice, and no known price. That holds for a new model of these vendors until Parley knows it, and for other servers that speak OpenAI's protocol behind \`OPENAI_BASE_URL\` (xAI, Qwen, LocalAI, speaches). People's words are asked of ${code(openAITraits('unknown').transcriber ?? '')} at OpenAI, and elsewhere of ${code(openAITraits('unknown', false).transcriber ?? '')}, as such servers usually call it; \`OPENAI_TRANSCRIBE_MODEL\` names another, or \`none\`.

## Models that lead no conversation

${UNSUPPORTED_EXAMPLES.map((model) => `- ${code(model)}: ${unsupported(model)}`).join('\n')}
`;
}

function google(provider: 'gemini' | 'vertex', name: string, together: string): string {
  const rows = knownModels(provider).map((model) => {
    const traits = geminiTraits(model, provider);
    const { capabilities, functions, asyncFunctions, thinking, contextTokens, connectionMs, audioSessionMs } = traits;
    const { serverTools, replyForms, unprompted, asyncTools } = capabilities;
    return [
      code(model),
      yes(serverTools.includes('google_search')),
      yes(serverTools.includes('code_execution')),
      yes(serverTools.includes('url_context')),
      yes(functions),
      asyncTools === 'native' ? ASYNC[asyncFunctions] : ASYNC.none,
      yes(replyForms.includes('text')),
      unprompted === null ? '–' : UNASKED[unprompted],
      PROACTIVE[traits.proactiveAudio],
      THINKING[thinking],
      tokens(contextTokens),
      `${minutes(connectionMs)}${traits.compression || audioSessionMs === null ? '' : `, ${minutes(audioSessionMs)} of sound`}`,
      traits.ends ?? '–',
    ];
  });
  const head = [
    'model',
    'Google Search',
    'code execution',
    'URL context',
    'functions',
    'beside the talk',
    'answers in text',
    'writes down',
    'stays silent unasked',
    'thinking',
    'context',
    'connection',
    'ends',
  ];
  return `## ${name}\n\n${together} Hosted MCP servers: none.\n\n${table(head, rows)}`;
}

function turns({ turnDetection }: Capabilities): string {
  const words: Readonly<Record<Capabilities['turnDetection'][number], string>> = {
    manual: 'Parley',
    server: 'level',
    semantic: 'meaning',
  };
  return turnDetection.map((one) => words[one]).join(', ');
}

function priceRow(model: string, price: Price | undefined): readonly string[] {
  const three = (...parts: (number | undefined)[]) => parts.map(money).join(' / ');
  return [
    code(model),
    three(price?.textIn, price?.cachedTextIn, price?.textOut),
    three(price?.audioIn, price?.cachedAudioIn, price?.audioOut),
    money(price?.perSearch),
  ];
}

const code = (text: string) => `\`${text}\``;
const money = (dollars: number | undefined) => (dollars === undefined ? '–' : String(dollars));
const tokens = (count: number) => `${Math.round(count / 1_000)} k`;
const minutes = (ms: number) => `${ms / MINUTE_MS} min`;

/** As Biome formats it: every column as wide as its longest cell. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, at) => Math.max(cell.length, 3, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[], fill: string) =>
    `| ${widths.map((width, at) => (cells[at] ?? '').padEnd(width, fill)).join(' | ')} |`;
  return [
    line(head, ' '),
    line(
      widths.map(() => ''),
      '-',
    ),
    ...rows.map((row) => line(row, ' ')),
  ].join('\n');
}
