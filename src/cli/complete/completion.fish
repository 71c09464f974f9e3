# fish completion for modelconv, made by: modelconv completion fish

# The words left of the cursor, after the program's name.
function __modelconv_words
    set -l words (commandline -opc)
    set -e words[1]
    test (count $words) -gt 0; and printf '%s\n' $words
end

# Whether the line is at this command: the words before the first flag or value.
function __modelconv_at
    set -l words (__modelconv_words)
    set -l place
    for word in $words
        set -l longer (string join -- ' ' $place $word)
        if not contains -- $longer $__modelconv_places
            # a group takes commands alone: nothing goes on from a mistake
            string match -q -- '-*' $word; or not contains -- "$place" '' $__modelconv_groups; or return 1
            break
        end
        set place $longer
    end
    test "$place" = "$argv"
end

# Values that change: the devices of the inventory, the toolchains.
function __modelconv_look_up
    set -l token (commandline -ct)
    # a device may be a file, too
    if test $argv[1] = device; and string match -q -- '*/*' $token
        __fish_complete_path $token
        return
    end
    set -l typed (commandline -opc)[1]
    set -l program modelconv
    if string match -q -- '*/*' $typed
        set program $typed
    else if not type -q modelconv
        set -l dir $PWD
        while test -n "$dir"; and not test -x $dir/node_modules/.bin/modelconv
            set dir (string replace -r '/[^/]*$' '' -- $dir)
        end
        test -n "$dir"; or return
        set program $dir/node_modules/.bin/modelconv
    end
    $program __complete $argv[1] (__modelconv_words) 2>/dev/null
end

# npx modelconv …
function __modelconv_npx
    set -l words (commandline -opc)
    set -l at (contains -i -- modelconv $words); or return
    complete -C (string join -- ' ' modelconv (string escape -- $words[(math $at + 1)..-1]) (commandline -ct))
end

complete -c npx -n 'contains -- modelconv (commandline -opc)' -f -a '(__modelconv_npx)'
complete -c modelconv -f
@GENERATED@
