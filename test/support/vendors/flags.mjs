// Command lines as the vendors' parsers take them: a flag that they do not have ends the program.

/**
 * `--flag=value`, or `--flag value value` where `arity` says how many words follow.
 *
 * @param arity - by flag: how many words follow it; 0 for a switch or a word that holds its value.
 * @returns values by flag, each a list of lists: one for each time it was given.
 */
export function flagsOf(words, arity, unknown) {
  const found = {};
  for (let at = 0; at < words.length; at++) {
    const [flag, ...rest] = words[at].split('=');
    if (arity[flag] === undefined) return unknown(words[at]);
    const values = rest.length > 0 ? [rest.join('=')] : words.slice(at + 1, at + 1 + arity[flag]);
    if (rest.length === 0) at += arity[flag];
    found[flag] = [...(found[flag] ?? []), values];
  }
  return found;
}

/** The only value of a flag; undefined when it was not given. */
export function one(flags, name) {
  return flags[name]?.[0]?.[0];
}
