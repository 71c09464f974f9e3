import path from 'node:path';
import type { Command } from 'commander';
import type { ModelconvError } from '../../errors.js';
import type { TruthResult, VerifyResult } from '../../schema/generated/types.js';
import { addGlobalFlags, type CommandContext, examples } from '../command.js';
import { type GlobalFlags, styleFor, writeJson } from '../io.js';
import { numberFrom } from '../number-flag.js';

interface VerifyFlags extends GlobalFlags {
  readonly truth?: boolean;
  readonly timeout?: number;
  readonly log?: string;
}

/** The truth does not hold. */
const EXIT_UNTRUE = 2;
const DEFAULT_TIMEOUT_S = 1800;

/** `modelconv verify PKG` */
export function addVerify(program: Command, context: CommandContext): void {
  const command = program
    .command('verify')
    .summary('check that a package is whole, and that its sample gives what it must')
    .description(
      'Check a package in one pass: descriptor, the list of files, sizes and digests. With --truth its raw sample is preprocessed and run, too. Exit status 0 when all is right, 65 when the package is not whole, 2 when its truth does not hold.',
    )
    .argument('<package>', 'package to check')
    .option(
      '--truth',
      'preprocess the raw sample of the package, run its model, and compare both with what the package says',
    )
    .option(
      '--timeout <seconds>',
      'longest time for one run of the model (default: 1800)',
      numberFrom(0.001, false),
    )
    .option('--log <file>', 'keep what the runtime prints')
    .addHelpText(
      'after',
      examples('modelconv verify digits.tar', 'modelconv verify digits.tar --truth'),
    )
    .action(async (file: string, flags: VerifyFlags) => await runVerify(file, flags, context));
  addGlobalFlags(command, 'verify-result');
}

async function runVerify(
  file: string,
  flags: VerifyFlags,
  { io, setExitCode }: CommandContext,
): Promise<void> {
  const idle = flags.timeout === undefined ? flags.log && '--log' : '--timeout';
  if (flags.truth !== true && idle !== undefined) throw await idleFlag(idle);
  const { verifyPackage } = await import('../../package/verify.js');
  const { descriptor, descriptorSha256, sizeBytes, files } = await verifyPackage(file, io.signal);
  const { name, version, verification } = descriptor;
  const accuracy = verification?.accuracy;
  const truth = flags.truth === true ? await checkTruth(file, flags, io.signal) : undefined;
  const result: VerifyResult = {
    package: file,
    sizeBytes,
    descriptorSha256,
    name,
    version,
    files,
    ...(accuracy === undefined ? {} : { accuracy }),
    valid: true,
    ...(truth === undefined ? {} : { truth }),
  };
  if (flags.json === true) writeJson(io.stdout, result);
  else if (flags.quiet !== true) {
    io.stdout.write(
      `${file}: ${name} ${version}, ${files} file${files === 1 ? '' : 's'}, all digests agree\n`,
    );
    if (accuracy !== undefined) {
      const { accuracyText } = await import('../../accuracy/accuracy-text.js');
      io.stdout.write(`  accuracy when it was made: ${accuracyText(accuracy)}\n`);
    }
  }
  if (truth === undefined) return;
  if (flags.json !== true && (flags.quiet !== true || !truth.passed)) {
    const { renderTruth } = await import('../render/truth.js');
    io.stdout.write(renderTruth(truth, await styleFor(io.stdout, io, flags)));
  }
  if (!truth.passed) setExitCode(EXIT_UNTRUE);
}

async function idleFlag(flag: string): Promise<ModelconvError> {
  const { ModelconvError: Failure } = await import('../../errors.js');
  return new Failure('E_USAGE', {
    what: `${flag} is for running the model`,
    next: `give --truth, too, or leave ${flag} out`,
  });
}

async function checkTruth(
  file: string,
  flags: VerifyFlags,
  signal: AbortSignal,
): Promise<TruthResult> {
  const [{ replayTruth }, { withScratchDir }, { checkLog }] = await Promise.all([
    import('../../truth/replay-truth.js'),
    import('../../host/temp.js'),
    import('../../host/outputs.js'),
  ]);
  if (flags.log !== undefined) await checkLog(flags.log, [file]);
  const timeoutMs = (flags.timeout ?? DEFAULT_TIMEOUT_S) * 1000;
  return await withScratchDir(async (workDir) => {
    const logFile =
      flags.log === undefined ? path.join(workDir, 'log.txt') : path.resolve(flags.log);
    return await replayTruth(file, timeoutMs, { workDir, logFile, signal });
  });
}
