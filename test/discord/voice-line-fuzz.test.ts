import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fuzzLine } from '../support/generators/line-fuzz.ts';

const SEED = 20_261_121;
const DATAGRAMS = 12_000;
const MESSAGES = 8_000;

describe('DiscordVoiceLine under 20,000 random and mutated datagrams and voice gateway messages (npm run endurance -- line-fuzz: 100,000)', () => {
  it('lets no exception out, keeps nothing, stays in the channel, and hears a person perfectly afterwards', async (t) => {
    const result = await fuzzLine({ datagrams: DATAGRAMS, messages: MESSAGES, seed: SEED });
    t.diagnostic(JSON.stringify(result));
    assert.ok(result.unsent < MESSAGES / 100, `${result.unsent} messages found no connection`);
    assert.ok(result.heardShare >= 0.95, `seed ${SEED}: ${JSON.stringify(result)}`);
    assert.ok(result.grownBytes < 8 << 20, `${result.grownBytes} bytes more`);
    // Those of strangers, a quarter, are not even counted; a few are taken for keep-alives.
    assert.ok(result.counts.datagrams > DATAGRAMS * 0.7, `${result.counts.datagrams} datagrams arrived`);
    assert.ok(result.counts.datagrams < DATAGRAMS * 0.76, `${result.counts.datagrams} datagrams were counted`);
  });
});
