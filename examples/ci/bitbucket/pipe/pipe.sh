#!/usr/bin/env bash
# Runs weir with the arguments in ARGS, one a line, at the root of the clone.
# Nothing of them goes through the shell.
set -euo pipefail
cd -- "$BITBUCKET_CLONE_DIR"
# Bitbucket gives pipes clones of somebody else's; what git may run there is
# nothing (weir sees to that), so that it may be read.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0="$BITBUCKET_CLONE_DIR"
mapfile -t args < <(printf '%s' "${ARGS:-validate}")
exec weir "${args[@]}"
