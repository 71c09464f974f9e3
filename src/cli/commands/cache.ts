import type { Command } from 'commander';
import { addGlobalFlags, type CommandContext, examples } from '../command.js';
import { type GlobalFlags, styleFor, writeJson } from '../io.js';
import { numberFrom } from '../number-flag.js';

interface CleanFlags extends GlobalFlags {
  readonly olderThan?: number;
}

const DAY_MS = 24 * 3600 * 1000;

/** `modelconv cache info|list|clean` */
export function addCache(program: Command, context: CommandContext): void {
  const cache = program
    .command('cache')
    .summary('look at what earlier conversions left, and remove it')
    .description(
      'Look at the packages that earlier conversions left, of which a repeated one is a copy, and remove them. MODELCONV_CACHE_DIR says where they are, MODELCONV_CACHE_SIZE how much they may take (docs/cache.md).',
    )
    .addHelpText(
      'after',
      examples(
        'modelconv cache info',
        'modelconv cache list',
        'modelconv cache clean --older-than 30',
      ),
    );
  addInfo(cache, context);
  addList(cache, context);
  addClean(cache, context);
}

function addInfo(cache: Command, { io }: CommandContext): void {
  const info = cache
    .command('info')
    .summary('say where the cache is, and how large')
    .description(
      'Say where the cache is, how large it is and may get, and how often it was of use.',
    )
    .action(async (flags: GlobalFlags) => {
      const { cacheInfo } = await import('./cache-view.js');
      const { renderCacheInfo } = await import('../render/cache.js');
      const result = await cacheInfo();
      if (flags.json === true) writeJson(io.stdout, result);
      else io.stdout.write(renderCacheInfo(result));
    });
  addGlobalFlags(info, 'cache-info-result');
}

function addList(cache: Command, { io }: CommandContext): void {
  const list = cache
    .command('list')
    .summary('list what is in the cache')
    .description('List the packages and sources in the cache, the one first that was used last.')
    .action(async (flags: GlobalFlags) => {
      const { cacheList } = await import('./cache-view.js');
      const { renderCacheList } = await import('../render/cache.js');
      const result = await cacheList();
      if (flags.json === true) writeJson(io.stdout, result);
      else io.stdout.write(renderCacheList(result, await styleFor(io.stdout, io, flags)));
    });
  addGlobalFlags(list, 'cache-list-result');
}

function addClean(cache: Command, { io }: CommandContext): void {
  const clean = cache
    .command('clean')
    .summary('remove what is in the cache')
    .description('Remove everything that is in the cache, or what was not used for some time.')
    .option(
      '--older-than <days>',
      'only what was not used for so many days',
      numberFrom(0, false, 36_500),
    )
    .action(async (flags: CleanFlags) => {
      const { cleanCache } = await import('../../cache/clean.js');
      const { formatBytes } = await import('../../format-bytes.js');
      const { olderThan } = flags;
      const result = await cleanCache(olderThan === undefined ? undefined : olderThan * DAY_MS);
      const { removed, freedBytes } = result;
      if (flags.json === true) writeJson(io.stdout, result);
      else if (flags.quiet !== true)
        io.stdout.write(
          `removed ${removed} ${removed === 1 ? 'entry' : 'entries'}, ${formatBytes(freedBytes)}\n`,
        );
    });
  addGlobalFlags(clean, 'cache-clean-result');
}
