# Ground School's lab, after your own config.fish.
# What leads to your real AWS account, keys and hosts stays outside.
functions -e @OURS@
for name in (set -n | string match 'AWS_*') SSH_AUTH_SOCK SSH_AGENT_PID
    set -e $name
end
@EXPORTS@
# A universal variable of yours stays, but the global one hides it.
set -gx PATH @BIN@ (string match -v -- @BIN@ $PATH)
set -g fish_history groundschool
set -g __lab_client @CLIENT@
set -g __lab_status 0
set -g __lab_told none
set -g __lab_command

function __lab_postexec --on-event fish_postexec
    set -g __lab_status $status
    set -g __lab_told text
    set -g __lab_command "$argv"
end

function __lab_prompt --on-event fish_prompt
    $__lab_client fish $fish_pid $__lab_status $COLUMNS $PWD $__lab_told "$__lab_command"
    set -g __lab_told none
    set -g __lab_command
end
