import type { PackInput } from '../package/write.js';
import type { Descriptor } from '../schema/generated/types.js';
import type { ConversionResult } from './pack-result.js';
import type { PreparedData } from './prepare-data.js';
import type { Work } from './run-stages.js';

/** What a package takes over from the one whose place it takes. */
export interface Succession {
  /** Further files, with the paths that they had. */
  readonly files: readonly PackInput[];
  /** The descriptor with what it takes over; the list of files is made when it is packed. */
  readonly describe: (descriptor: Omit<Descriptor, 'files'>) => Omit<Descriptor, 'files'>;
}

/** Watches over a conversion whose package takes the place of another one. */
export interface Successor {
  /**
   * Looks at the data before any tool is started.
   *
   * @throws ModelconvError to end the conversion.
   */
  accept(data: PreparedData): void;
  /**
   * Looks at what was made, before it is packed.
   *
   * @throws ModelconvError to end the conversion: nothing is written then.
   */
  takeOver(work: Work, result: ConversionResult): Promise<Succession>;
}
