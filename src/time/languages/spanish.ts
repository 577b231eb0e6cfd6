import { clock, dates, day, every, type PhraseLanguage, part, rule, says, weekdays } from '../phrase-items.ts';
import { EVERY_DAY, WEEKEND, WORKDAYS } from '../repeats.ts';
import { at, COLON, composed, hm, MIDNIGHT, NOON, numbered, UNREPEATABLE } from './readers.ts';

const UNITS = numbered('uno/una/un dos tres cuatro cinco seis siete ocho nueve');
const TENS = { treinta: 30, cuarenta: 40, cincuenta: 50, sesenta: 60, noventa: 90 };

export const spanish: PhraseLanguage = {
  code: 'es',
  numbers: {
    ...UNITS,
    ...numbered('diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte', 10),
    ...numbered(
      'veintiuno/veintiún/veintiuna veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve',
      21,
    ),
    ...TENS,
    ...composed(TENS, UNITS, (ten, unit) => `${ten} y ${unit}`),
  },
  units: {
    second: 'segundos?',
    minute: 'minutos?|min',
    hour: 'horas?|h',
    day: 'días?',
    week: 'semanas?',
    month: 'mes(?:es)?',
    year: 'años?',
  },
  bareHour: null,
  and: 'y|,',
  ahead: ['en ~', 'dentro de ~'],
  ago: ['hace ~'],
  spans: [
    rule(
      '(?<=(?:en |dentro de |hace ))(\\d{1,2}) ?h ?([0-5]\\d)(?! ?min)',
      (hours, minutes) => `${hours} h ${minutes} min`,
    ),
    rule('(?<=(?:en|dentro de|hace) )1 hora y cuarto', () => '75 minutos'),
    rule('(?<=(?:en|dentro de|hace) )hora y media', () => '90 minutos'),
    rule('primero(?= de [a-z])', () => '1'),
    // To most people these are one week and two.
    rule('(8|15) días', (count) => `(${count} días)`),
    rule('media hora', () => '0.5 horas'),
    rule('(?:1 )?cuarto de hora', () => '0.25 horas'),
    rule('3 cuartos de hora', () => '0.75 horas'),
    rule('(?<=(?:en|dentro de|hace) )(\\d+) (horas?|dias?) y medi[ao]', (count, unit) => `${count}.5 ${unit}`),
  ],
  rules: [
    says(
      '(?:todos los|cada) (?:días? laborables?|días? hábil(?:es)?|días? de semana)|(?:de )?lunes a viernes|entre semana',
      every(WORKDAYS),
    ),
    says('todos los días|cada día|diariamente|a diario', every(EVERY_DAY)),
    says('(?:todas las|cada) mañanas?', every(EVERY_DAY), part('morning')),
    says('(?:todas las|cada) tardes?', every(EVERY_DAY), part('afternoon')),
    says('(?:todas las|cada) noches?', every(EVERY_DAY), part('night')),
    says('(?:todos los|cada) fin(?:es)? de semana', every(WEEKEND)),
    says('(?:todas las|cada) semanas?|semanalmente|1 vez (?:por|a la) semana', every(null)),
    says(
      '(?:todos los|todas las|cada) (?:\\d+|mes|meses|años?|horas?|minutos?).*|mensualmente|1 dia si y otro no|(?:en )?dias alternos|quincenalmente',
      UNREPEATABLE,
    ),
    says('pasado mañana', day(2)),
    says('anteayer|antes de ayer', day(-2)),
    says('ayer', day(-1)),
    says('hoy', day(0)),
    says('esta mañana', day(0), part('morning')),
    says('esta tarde', day(0), part('afternoon')),
    says('esta noche', day(0), part('night')),
    says('(?:de|por|en) la mañana', part('morning')),
    says('(?:de|por|en) la tarde', part('afternoon')),
    says('(?:de|por|en) la noche', part('night')),
    says('(?:de|por|en) la madrugada', part('night')),
    says('mañana', day(1)),
    ...weekdays(
      ['lunes', 'martes', 'miércoles', 'jueves', 'viernes', 'sábado', 'domingo'],
      {
        every: ['(?:todos )?los ~s?', 'cada ~'],
        next: [
          '(?:el )?próximo ~',
          '(?:el )?~ próximo',
          '(?:el )?~ que viene',
          '(?:el )?~ de la (?:próxima semana|semana que viene)',
        ],
        this: ['este ~'],
        last: ['(?:el )?~ pasado', '(?:el )?pasado ~'],
      },
      ['(?:el )?~'],
    ),
    ...dates('es', ['(?:el )?(?:día )?(\\d{1,2})º? (?:de )?~(?: (?:de|del) (\\d{4}))?']),
    rule('el (?:día )?(\\d{1,2})(?= a las? |$)', (number) => ({ kind: 'monthday', day: Number(number) })),
    rule('(?:a )?las? (\\d{1,2}) ?h ?(\\d{2})', hm('written')),
    rule('a las? (\\d{1,2})[.](\\d{2})', hm('written')),
    rule('a las? (\\d{1,2}) (\\d{2})', hm('twelve')),
    rule('(?:al? |del )?mediodía y media', () => clock(12, 30, 'exact')),
    rule('(?:a )?(?:la )?medianoche y media', () => clock(0, 30, 'exact')),
    rule('(?:a )?las? (\\d{1,2}) y media', at(30)),
    rule('(?:a )?las? (\\d{1,2}) y cuarto', at(15)),
    rule('(?:a )?las? (\\d{1,2}) menos cuarto', at(-15)),
    rule('(?:a )?las? (\\d{1,2}) menos (\\d{1,2})', hm('twelve', -1)),
    rule('(?:a )?las? (\\d{1,2}) y (\\d{1,2})', hm('twelve')),
    rule(`(?:a )?(?:las? )?${COLON}(?: ?h(?:oras)?)?`, hm('written')),
    rule('(?:a )?(?:las? )?(\\d{1,2}) ?h(?:oras)?', hm('written')),
    rule('(?:a )?las? (\\d{1,2})(?: en punto)?', at(0)),
    says('(?:al? |del )?mediodía', ...NOON),
    says('(?:a )?(?:la )?medianoche', ...MIDNIGHT),
  ],
  fillers: 'a|por favor|en punto',
};
