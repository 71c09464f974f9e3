import type { Place } from './sparse.js';

export interface OnnxTensor {
  name: string;
  dims: number[];
  dataType: number;
  external: Map<string, string>;
  /** Where its elements stand in the file, by the number of the field. */
  data: Map<number, Place>;
}

export interface OnnxNode {
  name: string;
  inputs: string[];
  outputs: string[];
  opType: string;
  domain: string;
  attributes: OnnxAttribute[];
}

export interface OnnxAttribute {
  name: string;
  int: number | undefined;
  tensors: OnnxTensor[];
  graphs: OnnxGraph[];
}

export interface OnnxValue {
  name: string;
  /** ONNX TensorProto.DataType; 0 for what is not a tensor. */
  elemType: number;
  /** undefined when the rank is not known. */
  shape: (number | string)[] | undefined;
}

export interface OnnxGraph {
  name: string;
  nodes: OnnxNode[];
  initializers: OnnxTensor[];
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  /** What the file says of tensors between nodes. */
  values: OnnxValue[];
}

export interface OnnxModel {
  irVersion: number;
  producerName: string;
  producerVersion: string;
  graph: OnnxGraph | undefined;
  functions: OnnxNode[];
  opsets: Map<string, number>;
  metadata: Map<string, string>;
}
