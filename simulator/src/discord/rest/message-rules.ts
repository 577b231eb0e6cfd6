import type { Json } from '../guild/entities.ts';
import { EPHEMERAL } from '../guild/entities.ts';
import { checkAllowedMentions } from '../guild/mentions.ts';
import { FormFaults, refusal } from './discord-error.ts';
import { checkPoll } from './polls.ts';

const SUPPRESS_EMBEDS = 4;
const SILENT = 4096;
const COMPONENTS_V2 = 32_768;
/** Kinds of component that stand by themselves only in a message with the COMPONENTS_V2 flag. */
const V2_KINDS = [9, 10, 12, 13, 14, 17];
/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
const EMBED_TOTAL = 6000;

/** `files`: how many came along; `ephemeral`: whether the route allows the flag; `kept`: attachments that an edit keeps. */
export interface MessageCircumstances {
  readonly files: number;
  readonly edit: boolean;
  readonly ephemeral: boolean;
}

/**
 * Throws what Discord answers to a message that breaks its rules: 50035 with every fault, or 50006 where there is
 * nothing to show. https://docs.discord.com/developers/resources/message#create-message
 */
export function checkMessage(body: Json, circumstances: MessageCircumstances): void {
  const faults = new FormFaults();
  const { content, flags } = body;
  faults.text(content, 'content', { min: 0, max: 2000 });
  checkEmbeds(body, faults);
  checkComponents(body, faults);
  checkAllowedMentions(body.allowed_mentions, faults);
  if (!circumstances.edit) checkPoll(body.poll, faults);
  const allowedFlags = SUPPRESS_EMBEDS | SILENT | COMPONENTS_V2 | (circumstances.ephemeral ? EPHEMERAL : 0);
  // Discord drops flags that a route does not take; only the wrong type is refused.
  if (flags !== undefined && flags !== null && !Number.isInteger(flags)) {
    faults.add('flags', 'NUMBER_TYPE_COERCE', `Value "${flags}" is not int.`);
  } else if (flags) body.flags = flags & allowedFlags;
  if (body.flags & COMPONENTS_V2 && (content || body.embeds?.length)) {
    const text = 'The content and embeds fields cannot be used when using MessageFlags.IS_COMPONENTS_V2';
    faults.add('content', 'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2', text);
  }
  const nonce = body.nonce;
  if (nonce !== undefined && nonce !== null) faults.text(String(nonce), 'nonce', { min: 0, max: 25 });
  if (circumstances.files > 10) faults.add('files', 'BASE_TYPE_MAX_LENGTH', 'Must be 10 or fewer in length.');
  faults.check();
  const something =
    content ||
    body.embeds?.length ||
    body.components?.length ||
    body.sticker_ids?.length ||
    body.poll ||
    circumstances.files;
  if (!circumstances.edit && !something) throw refusal('emptyMessage');
}

function checkEmbeds(body: Json, faults: FormFaults): void {
  let total = 0;
  faults.list(body.embeds, 'embeds', 10).forEach((embed, index) => {
    const at = `embeds.${index}`;
    const texts: [value: unknown, path: string, max: number][] = [
      [embed?.title, 'title', 256],
      [embed?.description, 'description', 4096],
      [embed?.footer?.text, 'footer.text', 2048],
      [embed?.author?.name, 'author.name', 256],
    ];
    faults.list(embed?.fields, `${at}.fields`, 25).forEach((field, number) => {
      for (const [key, max] of [
        ['name', 256],
        ['value', 1024],
      ] as const) {
        if (!field?.[key]) faults.required(`${at}.fields.${number}.${key}`);
        texts.push([field?.[key], `fields.${number}.${key}`, max]);
      }
    });
    for (const [value, path, max] of texts) {
      if (faults.text(value, `${at}.${path}`, { min: 0, max })) total += [...value].length;
    }
    if (embed?.color !== undefined && embed.color !== null)
      faults.number(embed.color, `${at}.color`, { min: 0, max: 0xffffff });
    if (texts.every(([value]) => !value) && !embed?.image && !embed?.thumbnail && !embed?.video)
      faults.required(`${at}.description`);
  });
  if (total > EMBED_TOTAL)
    faults.add('embeds', 'MAX_EMBED_SIZE_EXCEEDED', `Embed size exceeds maximum size of ${EMBED_TOTAL}`);
}

/** https://docs.discord.com/developers/components/reference; the rules of rows, buttons and selects. */
function checkComponents(body: Json, faults: FormFaults): void {
  const v2 = Boolean((body.flags ?? 0) & COMPONENTS_V2);
  const ids = new Set<string>();
  const top = faults.list(body.components, 'components', v2 ? 40 : 5);
  top.forEach((component, index) => {
    const at = `components.${index}`;
    if (component?.type !== 1 && !(v2 && V2_KINDS.includes(component?.type))) {
      faults.add(
        `${at}.type`,
        'UNION_TYPE_CHOICES',
        `Value of field "type" must be one of (${v2 ? `1, ${V2_KINDS.join(', ')}` : '1'}).`,
      );
      return;
    }
    walk(component, at, faults, ids);
  });
}

function walk(component: Json, at: string, faults: FormFaults, ids: Set<string>): void {
  const children = faults.list(component.components, `${at}.components`, component.type === 1 ? 5 : 40);
  if (component.type === 1 && children.length === 0) {
    faults.add(`${at}.components`, 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 5 in length.');
  }
  children.forEach((child, index) => void walk(child, `${at}.components.${index}`, faults, ids));
  if (component.accessory) walk(component.accessory, `${at}.accessory`, faults, ids);
  if (component.type === 2) checkButton(component, at, faults);
  if (component.type === 3) checkSelect(component, at, faults);
  if (typeof component.custom_id !== 'string') return;
  faults.text(component.custom_id, `${at}.custom_id`, { min: 1, max: 100 });
  if (ids.has(component.custom_id)) {
    faults.add(`${at}.custom_id`, 'COMPONENT_CUSTOM_ID_DUPLICATED', 'Component custom id cannot be duplicated');
  }
  ids.add(component.custom_id);
}

function checkButton(button: Json, at: string, faults: FormFaults): void {
  faults.choice(button.style, `${at}.style`, [1, 2, 3, 4, 5, 6]);
  faults.text(button.label, `${at}.label`, { min: 0, max: 80 });
  if (!button.label && !button.emoji && button.style !== 6) {
    faults.add(at, 'BUTTON_COMPONENT_MISSING_LABEL', 'A button must have a label or an emoji');
  }
  if (button.style === 5 && !button.url) faults.required(`${at}.url`);
  if (button.style < 5 && !button.custom_id) faults.required(`${at}.custom_id`);
}

function checkSelect(select: Json, at: string, faults: FormFaults): void {
  if (!select.custom_id) faults.required(`${at}.custom_id`);
  const options = faults.list(select.options, `${at}.options`, 25);
  if (options.length === 0) faults.required(`${at}.options`);
  options.forEach((option, index) => {
    faults.text(option?.label, `${at}.options.${index}.label`, { min: 1, max: 100, required: true });
    faults.text(option?.value, `${at}.options.${index}.value`, { min: 1, max: 100, required: true });
  });
}
