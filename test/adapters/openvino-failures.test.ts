import { describe, expect, it } from 'vitest';
import { explainFailure } from '../../src/adapters/openvino/failures.js';
import { failedWith, type KnownLine } from '../support/jobs.js';

// Lines that ovc 2026.4.1 and NNCF 3.4.0 print.
const KNOWN: readonly KnownLine[] = [
  {
    log: "Model wasn't fully converted.\nSummary:\n-- No conversion rule found for operations: com.acme.FrobnicateXYZ\n",
    code: 'E_NOT_CONVERTIBLE',
    names: 'com.acme.FrobnicateXYZ',
  },
  { log: '[ ERROR ]  Cannot recognize input model.', code: 'E_MODEL_INVALID' },
  { log: 'OSError: [Errno 28] No space left on device', code: 'E_OUTPUT', names: 'OpenVINO' },
  { log: 'MemoryError: std::bad_alloc', code: 'E_TOOL_FAILED', names: 'memory' },
  {
    log: "ModuleNotFoundError: No module named 'nncf'",
    code: 'E_TOOL_MISSING',
    names: 'not completely installed',
  },
];

describe('a failure of OpenVINO', () => {
  it.each(KNOWN)('$log', ({ log, code, names = '' }) => {
    const error = explainFailure(failedWith(`some lines before\n${log}\n`));
    expect(error).toMatchObject({ code, message: expect.stringContaining(names) });
    expect(error?.next).not.toBe('');
    expect(error?.logTail).toContain('some lines before');
  });

  it('that is not known is left to the general words', () => {
    expect(explainFailure(failedWith('[ ERROR ]  something new'))).toBeUndefined();
  });
});
