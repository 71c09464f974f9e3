import fc from 'fast-check';

// The suite gives the same answer every time. MODELCONV_SEED=random, or a number, looks for what it has
// not met yet: what that finds becomes a test of its own.
const wanted = process.env['MODELCONV_SEED'] ?? '20240229';
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });

// A test converts anew unless it is about the cache (test/support/cache.ts).
process.env['MODELCONV_CACHE_SIZE'] = '0';
