import type { Dimension, Dtype } from '../../schema/generated/types.js';
import type { OperatorUse } from '../summary.js';

/** A layer with what its neighbours and its work follow from. */
export interface IrLayer {
  readonly name: string;
  readonly type: string;
  /** Shapes of inputs and of the first output, in the order of the ports. */
  readonly inputs: Dimension[][];
  readonly outputs: Dimension[][];
  /** Name of the tensor of the first output, where it has one. */
  tensorName: string | undefined;
  /** Of a FakeQuantize. */
  levels: number;
  /** Of a Const. */
  data: IrData | undefined;
}

/** Where the elements of a Const stand in the `.bin`. */
export interface IrData {
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Layers by id, and what feeds each input port; of the net itself or of the body of a loop. */
export interface IrGraph {
  readonly layers: Map<string, IrLayer>;
  /** Ids of the layers that feed a layer, in the order of its ports. */
  readonly sources: Map<string, string[]>;
}

/** A Const layer's range in the `.bin`; layers may share one. */
export interface Constant {
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  readonly sizeBytes: number;
  /** Whether a Convert follows: integers then stand for real numbers. */
  quantized: boolean;
}

export interface Endpoint {
  readonly layer: string;
  /** Name of the layer. */
  readonly name: string;
  /** Name of the tensor, where the layer gives it. */
  readonly tensorName: string | undefined;
  dtype: Dtype;
  shape: Dimension[] | undefined;
}

/** Everything kept of a net while its file is read. */
export interface Net {
  name: string;
  version: string;
  /** All layers but Parameter, Result and Const, bodies of loops included. */
  readonly operators: OperatorUse[];
  /** Highest N of `opsetN` among the layers. */
  opset: number;
  readonly constants: Map<string, Constant>;
  /** Bytes that the `.bin` must have. */
  neededBytes: number;
  /** Most levels of a FakeQuantize; 0 when there is none. */
  levels: number;
  readonly inputs: Endpoint[];
  readonly results: Endpoint[];
  /** Name of the tensor that feeds each Result, by the Result's layer id. */
  readonly fedBy: Map<string, string>;
  /** Leaf values of `rt_info` by their path with dots. */
  readonly info: Map<string, string>;
  readonly graphs: IrGraph[];
}
