import type { Command } from 'commander';
import type { TruthRequest } from '../schema/generated/types.js';

/** The flags that pack a raw sample, for every command that writes a package. */
export interface TruthFlags {
  readonly truth?: string;
  readonly truthTensor?: string;
  readonly truthOutputs?: string;
}

/** @param who - what gives the outputs. */
export function truthFlags(command: Command, who: string): Command {
  return command
    .option(
      '--truth <file|dir>',
      'pack one raw sample (an image or .npy) with the tensor that it must become and the outputs that it must give, for verify --truth; a directory of <input>.png or .npy for several inputs',
    )
    .option(
      '--truth-tensor <file|dir>',
      'the tensor that the raw sample must become (.npy), from the pipeline that the model was trained with: what is declared has to make it',
    )
    .option(
      '--truth-outputs <file|dir>',
      `what ${who} must give for it (.npy); a directory of <output>.npy for several outputs`,
    );
}

export function truthRequest({
  truth,
  truthTensor,
  truthOutputs,
}: TruthFlags): Partial<TruthRequest> {
  return {
    ...(truth === undefined ? {} : { sample: truth }),
    ...(truthTensor === undefined ? {} : { tensor: truthTensor }),
    ...(truthOutputs === undefined ? {} : { outputs: truthOutputs }),
  };
}
