import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderDescriptor } from '../../src/package/descriptor.js';
import { mediaTypeOf, roleOf } from '../../src/package/media-type.js';
import { type PackedPackage, type PackInput, writePackage } from '../../src/package/write.js';
import type { Descriptor, PackageFile } from '../../src/schema/generated/types.js';
import { END, entry } from './archive.js';

/** The least that a descriptor must say. */
export const DRAFT: Omit<Descriptor, 'files'> = {
  protocol: 'modelconv/1',
  kind: 'TargetModel',
  name: 'digits-cnn',
  version: '1.2.0',
  model: { format: 'ort', type: 'float', inputs: [], outputs: [] },
  software: { stack: { kind: 'onnxruntime' } },
};

export type Contents = Readonly<Record<string, string | Uint8Array>>;

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Files of `contents` written below `dir` under names of their own, as inputs of a package. */
export function inputsIn(dir: string, contents: Contents): PackInput[] {
  mkdirSync(dir, { recursive: true });
  return Object.entries(contents).map(([name, data], index) => {
    const file = path.join(dir, `input-${index}`);
    writeFileSync(file, data);
    return { path: name, role: roleOf(name), mediaType: mediaTypeOf(name), file };
  });
}

/** Pack `contents` with the real writer. */
export async function packContents(
  dir: string,
  contents: Contents,
  draft: Omit<Descriptor, 'files'> = DRAFT,
): Promise<PackedPackage & { readonly file: string }> {
  const file = path.join(dir, 'package.tar');
  return { file, ...(await writePackage(file, draft, inputsIn(path.join(dir, 'in'), contents))) };
}

export function listed(name: string, data: string | Uint8Array): PackageFile {
  return {
    path: name,
    role: roleOf(name),
    size: Buffer.byteLength(data),
    sha256: sha256(data),
    mediaType: mediaTypeOf(name),
  };
}

/** The text of a descriptor that lists `contents`. */
export function descriptorOf(contents: Contents, draft: Omit<Descriptor, 'files'> = DRAFT): Buffer {
  const files = Object.entries(contents).map(([name, data]) => listed(name, data));
  return renderDescriptor({ ...draft, files });
}

/** An archive of a descriptor and raw entries behind it, ended as it must be. */
export function rawPackage(descriptor: string | Uint8Array, ...entries: Uint8Array[]): Buffer {
  return Buffer.concat([entry({ name: 'modelconv.yaml' }, descriptor), ...entries, END]);
}
