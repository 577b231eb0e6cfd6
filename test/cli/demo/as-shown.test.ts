import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import pc from 'picocolors';
import { asShown } from '../../../src/cli/demo/as-shown.ts';

const channels = new Map([['42', 'Lounge']]);
const shown = (line: string, colors = false) => asShown(line, { colors: pc.createColors(colors), channels });

describe('asShown', () => {
  it('shows the names of channels, and the id of one that it does not know', () => {
    assert.equal(shown('I am in <#42>, not in <#7>.'), 'I am in #Lounge, not in #7.');
  });

  it('takes marks away and makes escaped ones letters', () => {
    assert.equal(shown('**Anna:** a\\*b\\_c `/leave` — *interrupted*'), 'Anna: a*b_c /leave — interrupted');
    assert.equal(shown('-# get\\_weather()'), 'get_weather()');
  });

  it('says how long ago an instant was', () => {
    const now = Math.round(Date.now() / 1000);
    assert.match(shown(`joined <t:${now - 10}:R>`), /^joined 1[01] seconds ago$/);
    assert.equal(shown(`<t:${now - 180}:R>`), '3 minutes ago');
  });

  it('dates an instant by the clock of whoever looks', () => {
    const noon = Math.round(new Date(2026, 10, 21, 12, 5).getTime() / 1000);
    assert.equal(shown(`of <t:${noon}:f>.`), 'of November 21, 2026 at 12:05 PM.');
  });

  it('formats where there are colours', () => {
    const { bold, italic, dim } = pc.createColors(true);
    assert.equal(shown('**Anna:** hi *there*', true), `${bold('Anna:')} hi ${italic('there')}`);
    assert.equal(shown('-# small', true), dim('small'));
  });
});
