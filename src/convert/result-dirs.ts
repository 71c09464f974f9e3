/** Where the results of the source lie in the work directory. */
export const SOURCE_RESULTS = 'results/source';

/** Where the results of the converted model lie in the work directory. */
export const CONVERTED_RESULTS = 'results/converted';
