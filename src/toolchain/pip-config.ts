import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/** Settings that say where packages come from, or how the network is reached: uv reads none of them. */
const NETWORK_SETTINGS =
  /^\s*(index-url|extra-index-url|find-links|no-index|trusted-host|proxy|cert|client-cert)\s*[=:]/m;
const NETWORK_VARIABLES = [
  'PIP_INDEX_URL',
  'PIP_EXTRA_INDEX_URL',
  'PIP_FIND_LINKS',
  'PIP_NO_INDEX',
  'PIP_TRUSTED_HOST',
  'PIP_PROXY',
  'PIP_CERT',
  'PIP_CLIENT_CERT',
];

/**
 * Whether the user has told pip where packages come from or how to get there. Then pip is what has
 * to fetch them.
 *
 * @see https://pip.pypa.io/en/stable/topics/configuration/ for the places.
 */
export async function isPipConfigured(): Promise<boolean> {
  if (NETWORK_VARIABLES.some((name) => (process.env[name] ?? '') !== '')) return true;
  const texts = await Promise.all(
    configFiles().map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  return texts.some((text) => NETWORK_SETTINGS.test(text));
}

function configFiles(): string[] {
  const home = homedir();
  const own = process.env['PIP_CONFIG_FILE'];
  const files = own ? [own] : [];
  if (process.platform === 'win32') {
    const [data, roaming] = [process.env['ProgramData'], process.env['APPDATA']];
    return [
      ...files,
      ...(data ? [path.join(data, 'pip', 'pip.ini')] : []),
      ...(roaming ? [path.join(roaming, 'pip', 'pip.ini')] : []),
      path.join(home, 'pip', 'pip.ini'),
    ];
  }
  const config = process.env['XDG_CONFIG_HOME'] || path.join(home, '.config');
  const shared =
    process.platform === 'darwin'
      ? ['/Library/Application Support/pip/pip.conf']
      : ['/etc/pip.conf', '/etc/xdg/pip/pip.conf'];
  return [
    ...files,
    ...shared,
    path.join(home, '.pip', 'pip.conf'),
    path.join(config, 'pip', 'pip.conf'),
    path.join(home, 'Library', 'Application Support', 'pip', 'pip.conf'),
  ];
}
