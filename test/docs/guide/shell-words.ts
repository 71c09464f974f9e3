/** The words of every call of modelconv in a line of shell, without `modelconv` itself. */
export function modelconvCalls(line: string): string[][] {
  return commandsOf(line).flatMap((words) => {
    const at = words[0] === 'npx' ? 1 : 0;
    return words[at] === 'modelconv' ? [words.slice(at + 1)] : [];
  });
}

/** The simple commands of a line, as words; redirections and comments are left out. */
function commandsOf(line: string): string[][] {
  const commands: string[][] = [[]];
  let isTarget = false;
  for (const [token] of line.matchAll(
    /"[^"]*"|'[^']*'|<\(|&&|\|\|?|[;()]|[<>]+|#.*$|[^\s"'|;&()<>]+/g,
  )) {
    if (token.startsWith('#')) break;
    if (/^(<\(|&&|\|\|?|[;()])$/.test(token)) commands.push([]);
    else if (/^[<>]+$/.test(token)) isTarget = true;
    else if (isTarget) isTarget = false;
    else commands.at(-1)?.push(token.replace(/^(["'])(.*)\1$/, '$2'));
  }
  return commands;
}
