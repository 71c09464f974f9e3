#compdef modelconv
# zsh completion for modelconv, made by: modelconv completion zsh

# The program: as it was typed with its path, on PATH, or in the project.
_modelconv_program() {
  local typed=${(Q)_modelconv_typed} dir=$PWD
  typed=${typed/#\~\//$HOME/}
  if [[ $typed == */* && -x $typed ]]; then REPLY=$typed; return; fi
  if (( $+commands[modelconv] + $+functions[modelconv] )); then REPLY=modelconv; return; fi
  while [[ -n $dir ]]; do
    REPLY=$dir/node_modules/.bin/modelconv
    [[ -x $REPLY ]] && return
    dir=${dir%/*}
  done
  return 1
}

# Values that change: the devices of the inventory, the toolchains.
_modelconv_look_up() {
  local REPLY line
  local -a found
  if _modelconv_program; then
    for line in ${(f)"$("$REPLY" __complete $1 "${(@Q)words}" 2>/dev/null)"}; do
      found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
  fi
  _describe -t $1s $1 found && return
  # a device may be a file, too
  [[ $1 == device ]] && _files
}

@GENERATED@

_modelconv() {
  local _modelconv_typed=${_modelconv_typed:-$words[1]}
  _modelconv_root
}

# npx modelconv …
_modelconv_npx() {
  local i
  for ((i = 2; i < CURRENT; i++)); do
    [[ $words[i] == modelconv(|@*) ]] || continue
    local _modelconv_typed=modelconv
    shift $((i - 1)) words
    ((CURRENT -= i - 1))
    _modelconv
    return
  done
  _files
}

if [[ $funcstack[1] == _modelconv ]]; then
  # loaded by its name, to be called now
  _modelconv "$@"
else
  compdef _modelconv modelconv
  (( $+_comps[npx] )) || compdef _modelconv_npx npx
fi
