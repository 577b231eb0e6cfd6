import { enableCompileCache } from 'node:module';

/**
 * Preloaded into every test process (`npm test`): what Node made of the TypeScript is kept in the system's temporary
 * folder, so that not each of the hundred processes strips and compiles the same modules anew.
 * https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache
 */
enableCompileCache();
