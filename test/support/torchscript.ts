import { closeSync, openSync, statSync } from 'node:fs';
import { FileWindow } from '../../src/source/file-window.js';
import { openArchive } from '../../src/source/torchscript/archive.js';
import { fixture } from './files.js';
import { type ZipFile, type ZipShape, zip } from './zip.js';

/** Records of an archive by name; `undefined` takes one away. */
export type Records = Readonly<Record<string, string | Uint8Array | undefined>>;

/** The records of a fixture (`digits-cnn`, `two-inputs`, …) by name. */
export function recordsOf(name: string): Map<string, Buffer> {
  const file = fixture(`models/torchscript/${name}.pt`);
  const fd = openSync(file, 'r');
  try {
    const archive = openArchive(new FileWindow(fd, statSync(file).size));
    return new Map(
      [...archive.names].map((record) => [record, archive.read(record, 1e6) ?? Buffer.alloc(0)]),
    );
  } finally {
    closeSync(fd);
  }
}

/** A fixture with some of its records changed. */
export function changed(name: string, records: Records, shape: ZipShape = {}): Buffer {
  const all = recordsOf(name);
  for (const [record, data] of Object.entries(records))
    if (data === undefined) all.delete(record);
    else all.set(record, Buffer.from(data));
  return zip(
    [...all].map(([record, data]): ZipFile => ({ name: `model/${record}`, data })),
    shape,
  );
}

/** `two-inputs` with another forward(). */
export function withForward(signature: string, body = 'return ids'): Buffer {
  const code = `class TwoInputs(Module):\n  table : Tensor\n  def forward(self: __torch__.TwoInputs${signature}:\n    ${body}\n`;
  return changed('two-inputs', { 'code/__torch__.py': code });
}
