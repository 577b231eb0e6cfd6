import type { Json } from '../guild/entities.ts';
import { FormFaults } from './discord-error.ts';

const ROW = 1;
const TEXT_INPUT = 4;
const LABEL = 18;
/** What may stand in a label. https://docs.discord.com/developers/components/reference#label-label-child-components */
const IN_LABEL = [3, TEXT_INPUT, 5, 6, 7, 8, 19, 21, 22, 23];
const LONGEST_VALUE = 4000;

/**
 * Throws what Discord answers to a form that breaks its rules (50035).
 * https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal
 */
export function checkModal(modal: Json): void {
  const faults = new FormFaults();
  faults.text(modal.custom_id, 'data.custom_id', { min: 1, max: 100, required: true });
  faults.text(modal.title, 'data.title', { min: 1, max: 45, required: true });
  const components = faults.list(modal.components, 'data.components', 5);
  if (components.length === 0) faults.required('data.components');
  const ids = new Set<string>();
  components.forEach((component, index) => {
    checkTop(component, `data.components.${index}`, faults, ids);
  });
  faults.check();
}

function checkTop(component: Json, at: string, faults: FormFaults, ids: Set<string>): void {
  if (component?.type === LABEL) {
    faults.text(component.label, `${at}.label`, { min: 1, max: 45, required: true });
    faults.text(component.description, `${at}.description`, { min: 0, max: 100 });
    if (!faults.choice(component.component?.type, `${at}.component.type`, IN_LABEL)) return;
    // In a label the input has no label of its own.
    if (component.component.type === TEXT_INPUT) checkInput(component.component, `${at}.component`, faults, ids);
  } else if (component?.type === ROW) {
    const inner = faults.list(component.components, `${at}.components`, 1);
    if (inner.length === 0) faults.required(`${at}.components`);
    inner.forEach((input, index) => {
      const path = `${at}.components.${index}`;
      if (!faults.choice(input?.type, `${path}.type`, [TEXT_INPUT])) return;
      faults.text(input.label, `${path}.label`, { min: 1, max: 45, required: true });
      checkInput(input, path, faults, ids);
    });
  } else faults.choice(component?.type, `${at}.type`, [ROW, 10, LABEL]);
}

/** https://docs.discord.com/developers/components/reference#text-input-text-input-structure */
function checkInput(input: Json, at: string, faults: FormFaults, ids: Set<string>): void {
  faults.text(input.custom_id, `${at}.custom_id`, { min: 1, max: 100, required: true });
  faults.choice(input.style, `${at}.style`, [1, 2]);
  if (input.min_length !== undefined) faults.number(input.min_length, `${at}.min_length`, { min: 0, max: 4000 });
  if (input.max_length !== undefined) faults.number(input.max_length, `${at}.max_length`, { min: 1, max: 4000 });
  faults.text(input.value, `${at}.value`, { min: 0, max: LONGEST_VALUE });
  faults.text(input.placeholder, `${at}.placeholder`, { min: 0, max: 100 });
  if (ids.has(input.custom_id)) {
    faults.add(`${at}.custom_id`, 'COMPONENT_CUSTOM_ID_DUPLICATED', 'Component custom id cannot be duplicated');
  }
  ids.add(input.custom_id);
}

/**
 * The `data` of a form that a person filled in, by custom id. Throws an Error where the client would not send it.
 * https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-modal-submit-data-structure
 */
export function filledIn(modal: Json, values: Readonly<Record<string, string>>): Json {
  const known = new Set<string>();
  let id = 0;
  const fill = (input: Json): Json => {
    known.add(input.custom_id);
    const value = values[input.custom_id] ?? input.value ?? '';
    const least = input.required === false ? 0 : Math.max(1, input.min_length ?? 1);
    if (value.length < least) throw new Error(`'${input.custom_id}' needs at least ${least} characters`);
    const most = input.max_length ?? LONGEST_VALUE;
    if (value.length > most) throw new Error(`'${input.custom_id}' may have at most ${most} characters`);
    id += 1;
    return { type: input.type, id, custom_id: input.custom_id, value };
  };
  const components = modal.components.map((component: Json) => {
    if (component.type === LABEL) return { type: LABEL, id: ++id, component: fill(component.component) };
    return { type: component.type, id: ++id, components: component.components.map(fill) };
  });
  for (const name of Object.keys(values)) if (!known.has(name)) throw new Error(`The form has no input '${name}'`);
  return { custom_id: modal.custom_id, components };
}
