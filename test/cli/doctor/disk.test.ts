import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { diskCheck } from '../../../src/cli/doctor/disk.ts';
import { storageChecks } from '../../../src/cli/doctor/storage.ts';
import { openDatabase } from '../../../src/store/database/database.ts';
import { SmallDisk, UNMOUNTABLE } from '../../support/process/small-disk.ts';

const nothing = { dataKey: null, pricesFile: null, toolsFolder: null };
const skip = UNMOUNTABLE !== undefined;
const why = skip ? ` (skipped: ${UNMOUNTABLE})` : '';

describe('the doctor, of the disk', () => {
  it('names a damaged database', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'parley.db');
    const url = `sqlite:${file}`;
    await (await openDatabase(url)).destroy();
    assert.match((await diskCheck(url, true)).text, /free.*; nothing in the database is damaged$/);
    const open = openSync(file, 'r+');
    // The last pages: opening the database reads none of them.
    writeSync(open, Buffer.alloc(16_384, 0x5a), 0, 16_384, statSync(file).size - 16_384);
    closeSync(open);
    const { state, text } = await diskCheck(url, true);
    assert.equal(state, 'failed');
    assert.match(text, /parley\.db is damaged.*: .*restore it from a copy/);
  });

  it('tells the room for a database that is still to be made', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
    context.after(() => rmSync(folder, { recursive: true }));
    assert.match((await diskCheck(`sqlite:${folder}/new/folder/parley.db`, false)).text, /^\d+\.\d [GM]B free/);
  });

  it(`names a full disk, and one that is nearly full${why}`, { skip }, async (context) => {
    const disk = new SmallDisk('size=4m');
    context.after(() => disk.unmount());
    const url = `sqlite:${disk.folder}/parley.db`;
    await (await openDatabase(url)).destroy();
    const little = await diskCheck(url, true);
    assert.equal(little.state, 'note');
    assert.match(little.text, /^3\.\d MB free, which is little: make room; nothing in the database is damaged$/);
    disk.fill();
    const full = await diskCheck(url, true);
    assert.equal(full.state, 'failed');
    assert.match(full.text, /^the disk is full where the database is to be: mend that, or name another place/);
    const [database] = await Promise.all(storageChecks({ databaseUrl: url, ...nothing }));
    assert.equal(database?.state, 'failed');
    assert.match(database?.text ?? '', /There is no room for the database .*: the disk is full\. Make room/);
  });
});
