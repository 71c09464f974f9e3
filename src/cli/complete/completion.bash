# bash completion for modelconv, made by: modelconv completion bash

@GENERATED@

# The words left of the cursor as the shell would take them; the last one may be empty.
_modelconv_split() {
  local line=$1 quote= word= open= char i
  words=()
  for ((i = 0; i < ${#line}; i++)); do
    char=${line:i:1}
    if [[ -n $quote ]]; then
      if [[ $char == "$quote" ]]; then
        quote=
      elif [[ $char == \\ && $quote == '"' ]]; then
        i=$((i + 1)) word+=${line:i:1}
      else
        word+=$char
      fi
      continue
    fi
    case $char in
      \\) i=$((i + 1)) word+=${line:i:1} open=1 ;;
      \' | '"') quote=$char open=1 ;;
      ' ' | $'\t')
        [[ -n $open ]] && words+=("$word")
        word= open=
        ;;
      *) word+=$char open=1 ;;
    esac
  done
  words+=("$word")
}

# The program: as it was typed with its path, on PATH, or in the project.
_modelconv_program() {
  REPLY=$1
  [[ $1 == */* && -x $1 ]] && return
  REPLY=modelconv
  type modelconv >/dev/null 2>&1 && return
  local dir=$PWD
  while [[ -n $dir ]]; do
    REPLY=$dir/node_modules/.bin/modelconv
    [[ -x $REPLY ]] && return
    dir=${dir%/*}
  done
  return 1
}

# Adds the words that go on from the one at the cursor. bash takes a word apart at = : and @, and asks
# for what follows the last of them, or, of @, for what starts there (readline's "special prefixes").
_modelconv_offer() {
  local taken=$cur candidate
  while [[ -n $taken ]]; do
    candidate=${taken: -1}
    [[ $candidate == [=:@] && $COMP_WORDBREAKS == *"$candidate"* ]] && break
    taken=${taken%?}
  done
  [[ -n $taken ]] && before=
  taken=${taken%@}
  for candidate; do
    [[ $candidate == "$cur"* ]] && COMPREPLY+=("$before${candidate#"$taken"}")
  done
}

_modelconv_files() {
  # readline completes the names itself: it knows how to quote them
  compopt -o "${1:-default}" 2>/dev/null
}

_modelconv_offer_kind() {
  local line names=()
  case $1 in
    =*)
      local IFS=,
      _modelconv_offer ${1#=}
      ;;
    file) _modelconv_files ;;
    directory) _modelconv_files dirnames ;;
    text | '') ;;
    *)
      if _modelconv_program "$typed"; then
        while IFS=$'\t' read -r line _; do
          names+=("$line")
        done < <("$REPLY" __complete "$1" "${words[@]}" 2>/dev/null)
        _modelconv_offer "${names[@]}"
      fi
      # a device may be a file, too
      [[ $1 == device && ${#COMPREPLY[@]} -eq 0 ]] && _modelconv_files
      ;;
  esac
}

# $1: the program as typed; words: what follows it.
_modelconv_complete() {
  local typed=$1 path= before= kind= index=0 ended= i word
  local count=$((${#words[@]} - 1))
  local cur=${words[count]}
  for ((i = 0; i < count; i++)); do
    word=${words[i]}
    if [[ -n $kind ]]; then
      kind=
    elif [[ -z $ended && $word == -- ]]; then
      ended=1
    elif [[ -z $ended && $word == -* ]]; then
      _modelconv_value "${path:+$path }$word"
      kind=$REPLY
    else
      _modelconv_commands "$path"
      if [[ " $REPLY " == *" $word "* ]]; then
        path=${path:+$path }$word
      else
        index=$((index + 1))
      fi
    fi
  done
  COMPREPLY=()
  if [[ $count -gt 0 && ${words[count - 1]} == *[\<\>] ]]; then
    _modelconv_files
  elif [[ -n $kind ]]; then
    _modelconv_offer_kind "$kind"
  elif [[ -z $ended && $cur == --*=* ]]; then
    _modelconv_value "${path:+$path }${cur%%=*}"
    [[ $COMP_WORDBREAKS == *=* ]] || before=${cur%%=*}=
    cur=${cur#*=}
    _modelconv_offer_kind "$REPLY"
  elif [[ -z $ended && $cur == -* ]]; then
    _modelconv_flags "$path"
    _modelconv_offer $REPLY
  else
    _modelconv_commands "$path"
    if [[ -n $REPLY ]]; then
      # nothing goes on from a word that is no command
      [[ $index -gt 0 ]] || _modelconv_offer $REPLY
    else
      _modelconv_argument "$path"
      local kinds=($REPLY)
      [[ $index -ge ${#kinds[@]} && ${kinds[*]} == *... ]] && index=$((${#kinds[@]} - 1))
      kind=${kinds[index]}
      _modelconv_offer_kind "${kind%...}"
    fi
  fi
}

_modelconv() {
  local words IFS=$' \t\n' REPLY=
  _modelconv_split "${COMP_LINE:0:COMP_POINT}"
  local typed=${words[0]}
  words=("${words[@]:1}")
  _modelconv_complete "$typed"
}

# npx modelconv …
_modelconv_npx() {
  local words IFS=$' \t\n' REPLY= i
  _modelconv_split "${COMP_LINE:0:COMP_POINT}"
  COMPREPLY=()
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    [[ ${words[i]} == modelconv || ${words[i]} == modelconv@* ]] || continue
    words=("${words[@]:i+1}")
    _modelconv_complete modelconv
    return
  done
  _modelconv_files
}

complete -F _modelconv modelconv
type compopt >/dev/null 2>&1 || complete -o default -F _modelconv modelconv
complete -p npx >/dev/null 2>&1 || complete -F _modelconv_npx npx
