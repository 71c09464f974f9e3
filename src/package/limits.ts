/** Name of the descriptor: always the first entry. */
export const DESCRIPTOR_NAME = 'modelconv.yaml';
export const MAX_DESCRIPTOR_BYTES: number = 256 * 1024;
/** What `inspect` reads of a package, unless the descriptor itself is longer. */
export const HEAD_BYTES: number = 64 * 1024;
export const BLOCK_BYTES = 512;
/** Data under `model/` starts at a multiple of this in the archive, so that it can be mapped. */
export const MODEL_ALIGNMENT = 4096;
export const MODEL_PREFIX = 'model/';
export const SOURCE_PREFIX = 'source/';
/** Signatures sign everything before them and stand outside the list of files. */
export const SIGNATURE_PREFIX = 'signature/';
/** The inner package of an encrypted one. */
export const PAYLOAD_NAME = 'payload.age';
export const MAX_ENTRIES = 100_000;
export const MAX_PATH_BYTES = 1024;
/** Extended headers of ours take at most 4096 + 1024 bytes. */
export const MAX_PAX_BYTES: number = 64 * 1024;

/** The end of the last block that holds `bytes` bytes. */
export function blocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}
