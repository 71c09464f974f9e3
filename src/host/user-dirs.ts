import { homedir } from 'node:os';
import path from 'node:path';

/** Where a user's own settings live, by the rules of the platform. */
export function userConfigDir(): string {
  if (process.platform === 'win32')
    return path.join(
      process.env['APPDATA'] ?? path.join(homedir(), 'AppData', 'Roaming'),
      'modelconv',
    );
  return path.join(process.env['XDG_CONFIG_HOME'] || path.join(homedir(), '.config'), 'modelconv');
}

/** Where what modelconv installs lives: `MODELCONV_HOME`, else by the rules of the platform. Absolute. */
export function userDataDir(): string {
  const own = process.env['MODELCONV_HOME'];
  if (own) return path.resolve(own);
  return path.join(platformDataDir(), 'modelconv');
}

function platformDataDir(): string {
  const home = homedir();
  if (process.platform === 'win32')
    return process.env['LOCALAPPDATA'] || path.join(home, 'AppData', 'Local');
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Application Support');
  // the XDG base directory specification: a relative path is to be ignored
  const xdg = process.env['XDG_DATA_HOME'];
  return xdg && path.isAbsolute(xdg) ? xdg : path.join(home, '.local', 'share');
}

/** Where what can be made again lives, by the rules of the platform. Absolute. */
export function userCacheDir(): string {
  const home = homedir();
  if (process.platform === 'win32')
    return path.join(
      process.env['LOCALAPPDATA'] || path.join(home, 'AppData', 'Local'),
      'modelconv',
      'Cache',
    );
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Caches', 'modelconv');
  const xdg = process.env['XDG_CACHE_HOME'];
  return path.join(xdg && path.isAbsolute(xdg) ? xdg : path.join(home, '.cache'), 'modelconv');
}
