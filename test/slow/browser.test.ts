import { execFileSync } from 'node:child_process';
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { run, sandbox } from '../cli/run-main.js';
import { fixture } from '../support/files.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function findBrowser(): string | undefined {
  const places = (process.env['PATH'] ?? '').split(path.delimiter);
  return places
    .flatMap((place) => NAMES.map((name) => path.join(place, name)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

interface Seen {
  /** Words of charts that stand outside of them, in part or whole. */
  readonly cut: readonly string[];
  readonly charts: number;
  readonly images: number;
  /** Images that were not decoded. */
  readonly broken: number;
  /** Whatever was loaded besides the page. */
  readonly loaded: readonly string[];
  /** Pixels by which the page is wider than its window. */
  readonly wider: number;
}

/** Added to a copy of the page: what a person would see, told in an attribute. */
const LOOK = `<script>
addEventListener('load', () => {
  const outside = (text) => {
    const [own, chart] = [text, text.closest('svg')].map((one) => one.getBoundingClientRect());
    return own.left < chart.left - 1 || own.right > chart.right + 1 || own.top < chart.top - 1 || own.bottom > chart.bottom + 1;
  };
  const images = [...document.images];
  document.body.dataset.seen = encodeURIComponent(JSON.stringify({
    cut: [...document.querySelectorAll('svg text')].filter(outside).map((text) => text.textContent),
    charts: document.querySelectorAll('figure svg').length,
    images: images.length,
    broken: images.filter((image) => !image.complete || image.naturalWidth === 0).length,
    loaded: performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => !name.startsWith('data:')),
    wider: document.documentElement.scrollWidth - innerWidth,
  }));
});
</script>`;

const BROWSER = findBrowser();

it.skipIf(BROWSER === undefined)(
  `a real browser shows the report of compare, whole and from the file alone${BROWSER === undefined ? ' (no Chromium on PATH)' : ''}`,
  async () => {
    const box = sandbox();
    const report = path.join(box.out, 'report.html');
    const models = ['good', 'weights-perturbed'].map((name) =>
      fixture(`models/faults/${name}.onnx`),
    );
    expect(await run(['compare', ...models, '--layers', '--report', report])).toMatchObject({
      code: 2,
    });
    const page = path.join(box.dir, 'page.html');
    writeFileSync(page, readFileSync(report, 'utf8').replace('</body>', `${LOOK}</body>`));
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--window-size=1000,1600'];
    const profile = `--user-data-dir=${path.join(box.dir, 'profile')}`;
    const dom = execFileSync(
      BROWSER ?? '',
      [...flags, profile, '--dump-dom', pathToFileURL(page).href],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 60_000 },
    );
    const seen = JSON.parse(
      decodeURIComponent(/data-seen="([^"]*)"/.exec(dom)?.[1] ?? 'null'),
    ) as Seen;
    expect(seen).toMatchObject({ cut: [], broken: 0, loaded: [] });
    expect(seen.wider).toBeLessThanOrEqual(0);
    expect(seen.charts).toBeGreaterThanOrEqual(2);
    expect(seen.images).toBeGreaterThan(0);
  },
);
