import { clock, dates, day, every, type PhraseLanguage, part, rule, says, weekdays } from '../phrase-items.ts';
import { EVERY_DAY, WEEKEND, WORKDAYS } from '../repeats.ts';
import { at, COLON, composed, hm, LISTED, MIDNIGHT, mh, NOON, numbered, UNREPEATABLE } from './readers.ts';

const UNITS = numbered('um/uma dois/duas três quatro cinco seis sete oito nove');
const TENS = { vinte: 20, trinta: 30, quarenta: 40, cinquenta: 50, sessenta: 60, noventa: 90 };

export const portuguese: PhraseLanguage = {
  code: 'pt',
  numbers: {
    ...UNITS,
    ...numbered('dez onze doze treze catorze/quatorze quinze dezesseis/dezasseis', 10),
    ...numbered('dezessete/dezassete dezoito dezenove/dezanove', 17),
    ...TENS,
    ...composed(TENS, UNITS, (ten, unit) => `${ten} e ${unit}`),
  },
  units: {
    second: 'segundos?',
    minute: 'minutos?|min',
    hour: 'horas?|h',
    day: 'dias?',
    week: 'semanas?',
    month: 'mês|meses',
    year: 'anos?',
  },
  bareHour: null,
  and: 'e|,',
  ahead: ['em ~', 'daqui a ~', 'dentro de ~'],
  ago: ['há ~', '~ atrás', 'há ~ atrás'],
  spans: [
    rule(
      '(?<=(?:em |daqui a |dentro de |ha ))(\\d{1,2}) ?h ?([0-5]\\d)(?! ?min)',
      (hours, minutes) => `${hours} h ${minutes} min`,
    ),
    rule(
      '(?<=(?:em|daqui a|dentro de|ha) )(\\d+) horas? e ([0-5]?\\d)(?! ?(?:min|h|\\d))',
      (hours, minutes) => `${hours} h ${minutes} min`,
    ),
    rule('primeiro(?= de [a-z])', () => '1'),
    // To most people these are one week and two.
    rule('(8|15) dias', (count) => `(${count} dias)`),
    rule('meia hora', () => '0.5 horas'),
    rule('(?:1 )?quarto de hora', () => '0.25 horas'),
    rule('(?<=(?:em|daqui a|dentro de|ha) )(\\d+) (horas?|dias?) e mei[ao]', (count, unit) => `${count}.5 ${unit}`),
  ],
  rules: [
    says(
      '(?:todos os|todo|cada) dias? (?:úte?is?|de semana)|(?:de )?segunda a sexta(?:-feira)?|(?:em |nos )?dias úteis',
      every(WORKDAYS),
    ),
    says('todos os dias|todo (?:o )?dia|cada dia|diariamente', every(EVERY_DAY)),
    says('todas as manhãs|toda manhã', every(EVERY_DAY), part('morning')),
    says('todas as tardes|toda tarde', every(EVERY_DAY), part('afternoon')),
    says('todas as noites|toda noite', every(EVERY_DAY), part('night')),
    says('(?:todos os|todo|cada) (?:fins? de semana|finais de semana)', every(WEEKEND)),
    says('todas as semanas|toda semana|cada semana|semanalmente', every(null)),
    says(
      '(?:todos os|todas as|cada) (?:\\d+|mês|meses|anos?|horas?|minutos?).*|mensalmente|dia sim,? (?:e )?dia não|em dias alternados|quinzenalmente',
      UNREPEATABLE,
    ),
    says('depois de amanhã', day(2)),
    says('anteontem', day(-2)),
    says('ontem', day(-1)),
    says('hoje à noite|esta noite', day(0), part('night')),
    says('hoje', day(0)),
    says('esta manhã', day(0), part('morning')),
    says('esta tarde', day(0), part('afternoon')),
    says('amanhã', day(1)),
    says('(?:da|de|pela) manhã', part('morning')),
    says('(?:da|de|à|pela) tarde', part('afternoon')),
    says('(?:da|de|à|pela) noite', part('night')),
    says('(?:da|de) madrugada', part('night')),
    ...weekdays(
      [
        'segunda(?:-feira)?',
        'terça(?:-feira)?',
        'quarta(?:-feira)?',
        'quinta(?:-feira)?',
        'sexta(?:-feira)?',
        'sábado',
        'domingo',
      ],
      {
        every: ['(?:todas as|todos os) (?:~)s?', 'tod[ao] ~', '(?:às|aos) (?:~)s', 'cada ~'],
        next: ['(?:na |no )?próxim[ao] ~', '(?:na |no )?~ que vem', '(?:na |no )?~ da próxima semana'],
        this: ['(?:nesta|neste|esta|este) ~'],
        last: ['(?:na |no )?~ passad[ao]', '(?:na |no )?últim[ao] ~'],
      },
      ['(?:na |no )?~'],
    ),
    ...weekdays(
      ['segundas', 'terças', 'quartas', 'quintas', 'sextas', 'sábados', 'domingos'],
      { every: [LISTED.replace('~', '(?:~)(?:-feiras)?')], next: [], this: [], last: [] },
      [],
    ),
    ...dates('pt', ['(?:no dia |dia |em |a )?(\\d{1,2})º? de ~(?: de (\\d{4}))?']),
    rule('(?:no )?dia (\\d{1,2})(?= às? |$)', (number) => ({ kind: 'monthday', day: Number(number) })),
    rule('(?:ao )?meio[- ]dia e meia', () => clock(12, 30, 'exact')),
    rule('(?:à )?meia[- ]noite e meia', () => clock(0, 30, 'exact')),
    rule('(?:às? )?(\\d{1,2})(?: minutos)? para as? (\\d{1,2})', mh(-1)),
    rule('(?:às? )?(\\d{1,2})(?: horas?| ?h)? e meia', at(30)),
    rule('(?:às? )(\\d{1,2})(?: horas?| ?h)? e (?:1 )?quarto', at(15)),
    rule('(?:às? )(\\d{1,2}) menos (?:1 )?quarto', at(-15)),
    rule('(?:às? )?(\\d{1,2})(?: horas?)? e (\\d{1,2})(?: minutos)?', hm('twelve')),
    rule(`(?:às? )?${COLON}(?: ?h(?:oras)?)?`, hm('written')),
    rule('(?:às? )?(\\d{1,2}) ?h(\\d{2})', hm('written')),
    rule('(?:às? )?(\\d{1,2}) ?h(?:oras?)?', hm('written')),
    rule('às? (\\d{1,2})(?: em ponto)?', at(0)),
    says('(?:ao )?meio-dia|(?:ao )?meio dia', ...NOON),
    says('(?:à )?meia-noite|(?:à )?meia noite', ...MIDNIGHT),
  ],
  fillers: 'às|as|por favor',
};
