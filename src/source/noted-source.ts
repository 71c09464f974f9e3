import type { ModelTensor, TensorSource } from '../schema/generated/types.js';

/** What the converter of a file noted in it of the source of a tensor. */
export interface NotedSource {
  readonly sourceName?: string;
  readonly source?: TensorSource;
}

/** What a file alone says of where a tensor comes from; empty where it says nothing. */
export function notedSource({ sourceName, sourceAxes: axes }: ModelTensor): NotedSource {
  return {
    ...(sourceName === undefined ? {} : { sourceName }),
    ...(sourceName === undefined && axes === undefined
      ? {}
      : {
          source: {
            ...(axes === undefined ? {} : { axes, axesFrom: 'file' as const }),
            matchedBy: 'file',
          },
        }),
  };
}
