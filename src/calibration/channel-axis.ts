import type { Preprocess } from '../schema/generated/types.js';
import { unusable } from './faults.js';

const AXES = { nchw: 1, nhwc: 3 } as const;

/**
 * The axis that the channels run along: what the layout says, otherwise axis 1 or the last one,
 * whichever has a size that fits. Nothing is guessed when both do.
 *
 * @param shape - batch axis included.
 * @param fits - whether an axis of this size may be that of the channels.
 * @throws ModelconvError `E_CALIBRATION_INVALID` when no axis fits, or two do.
 */
export function channelAxis(
  shape: readonly number[],
  layout: Preprocess['layout'] | undefined,
  fits: (size: number) => boolean,
  wanted: string,
): number {
  const shown = `[${shape.join(', ')}]`;
  if (layout !== undefined) {
    const axis = AXES[layout];
    const size = shape.length === 4 ? shape[axis] : undefined;
    if (size !== undefined && fits(size)) return axis;
    throw unusable(`layout ${layout} does not fit its shape ${shown}: ${wanted}`);
  }
  const axes = [...new Set([1, shape.length - 1])].filter((axis) => {
    const size = axis === 0 ? undefined : shape[axis];
    return size !== undefined && fits(size);
  });
  if (axes.length === 1 && axes[0] !== undefined) return axes[0];
  throw unusable(
    axes.length === 0
      ? `no axis of its shape ${shown} can be that of the channels: ${wanted}`
      : `its shape ${shown} does not say which axis is that of the channels: declare the layout, nchw or nhwc`,
  );
}
