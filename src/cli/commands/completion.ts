import type { Command } from 'commander';
import { type CommandContext, examples } from '../command.js';
import type { CommandDefinition } from '../complete/definition.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** `modelconv completion SHELL` */
export function addCompletion(program: Command, { io, wholeProgram }: CommandContext): void {
  const command = program
    .command('completion')
    .summary('print a completion script for a shell')
    .description(
      'Print a script with which a shell completes commands, flags and their values, devices of the inventory, and toolchains with their versions.',
    );
  command
    .addArgument(command.createArgument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      `${examples(
        'modelconv completion bash > ~/.local/share/bash-completion/completions/modelconv',
        'modelconv completion zsh > ~/.zfunc/_modelconv',
        'modelconv completion fish > ~/.config/fish/completions/modelconv.fish',
      )}\n\nFor this session alone: source <(modelconv completion bash), the same with zsh, or modelconv completion fish | source.`,
    )
    .action(async (shell: Shell) => {
      const { commandDefinitions } = await import('../complete/definition.js');
      io.stdout.write(await scriptOf(shell, commandDefinitions(await wholeProgram())));
    });
}

async function scriptOf(shell: Shell, commands: readonly CommandDefinition[]): Promise<string> {
  switch (shell) {
    case 'bash':
      return (await import('../complete/bash.js')).bashScript(commands);
    case 'zsh':
      return (await import('../complete/zsh.js')).zshScript(commands);
    case 'fish':
      return (await import('../complete/fish.js')).fishScript(commands);
  }
}
