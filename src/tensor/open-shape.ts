import type { ModelTensor } from '../schema/generated/types.js';

/** Whether a shape leaves a size open. */
export function isOpen(shape: ModelTensor['shape']): boolean {
  return shape === undefined || shape.some((size) => typeof size === 'string');
}
