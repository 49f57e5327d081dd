#!/usr/bin/env bash
# A walk through weir: a site that people clicked together is described,
# planned, applied, disturbed and corrected; then two careless pull requests are
# stopped. It works on a copy of examples/acme in a temporary folder and on an
# embedded site: no account, no network. It fails when any step does not end as
# the story says.
#
#   make demo
#   examples/demo.sh PATH-OF-WEIR
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/../bin/weir}
[ -x "$program" ] || { echo "demo: there is no program at $program (make build makes it)" >&2; exit 1; }
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$work/out
cp -R "$here/acme" "$work/acme"
cd "$work/acme"
# Whoever tried the example by hand has a site there already; the story begins
# with none.
rm -rf .weir weir.lock

title() { printf '\n\n== %s\n' "$1"; }
say() { printf '%s\n' "$@"; }
prompt() { printf '\n$ %s\n' "$1"; }

fail() {
	cat "$out"
	echo "demo: $1" >&2
	exit 1
}

# weir CODE ARG...: runs weir and keeps what it prints; fails unless the exit
# code is CODE.
weir() {
	local want=$1 got=0
	shift
	"$program" "$@" >"$out" 2>&1 || got=$?
	[ "$got" -eq "$want" ] || fail "weir $1 ended with exit code $got instead of $want"
}

# says TEXT: fails unless the output has the text, so that the story stays true.
says() { grep -qF -- "$1" "$out" || fail "weir did not say: $1"; }

# edit FILE: what a file's edits do to the site, as if somebody clicked.
edit() {
	prompt "weir site edit < $1"
	weir 0 site edit <"$1"
	cat "$out"
}

# in_step: the next plan must be empty.
in_step() {
	prompt "weir plan"
	weir 0 plan
	says "no changes"
	cat "$out"
}

# pull_request FILE SED-COMMAND: changes a file of the description and shows
# the lines that changed.
pull_request() {
	sed "$2" "$1" >"$work/changed"
	printf '\n%s\n' "$1"
	{ diff "$1" "$work/changed" || true; } | sed -n 's/^</-/p; s/^>/+/p' >"$out"
	[ -s "$out" ] || fail "the pull request changes nothing in $1"
	cat "$out"
	cp "$1" "$work/before"
	cp "$work/changed" "$1"
}

close_pull_request() { cp "$work/before" "$1"; }

say "This is weir on a made-up company of 40 people, with a small Confluence in a file." \
	"The description is in examples/acme: ten minutes are enough to read it."

title "1. A site that nobody planned"
say "Years of clicking left this on Acme's site: a group from Okta, people of other" \
	"firms, somebody who left, a group and a space that nobody remembers."
edit site.facts
prompt "weir site facts | grep -E 'gus|wiki-editors|OLDWIKI'"
weir 0 site facts
grep -E 'gus|wiki-editors|OLDWIKI' "$out"

title "2. The description, against that site"
say "A plan changes nothing. It says first what it does to people, then every single" \
	"change with its reason or its place in the description."
prompt "weir plan | head -n 12"
weir 0 plan
says "1 of 2 people with access lose something"
sed -n 1,12p "$out"
say "" "A change is one line that grep, sort and comm understand. These take something away:"
prompt "weir plan --format facts | grep '^-'"
weir 0 plan --format facts
grep '^-' "$out"
say "" "Gus left: his entry says so. Nobody described wiki-editors, and Acme owns its" \
	"groups. The space OLDWIKI stays: spaces never go for being undescribed."

title "3. Apply it"
prompt "weir apply --auto-approve | tail -n 1"
weir 0 apply --auto-approve
says "failed 0 · skipped 0 · unknown 0"
tail -n 1 "$out"
in_step

title "4. A month of clicking later"
say "People in the admin pages changed six things:" ""
grep '^[-+~]' drift.facts
edit drift.facts
say "" "The plan finds all six, says to whom they matter, and takes them back:"
prompt "weir plan --detailed-exitcode"
weir 2 plan --detailed-exitcode
says "nell@audit.example loses edit"
cat "$out"
prompt "weir apply --auto-approve | tail -n 1"
weir 0 apply --auto-approve
says "applied 6 · failed 0 · skipped 0 · unknown 0"
tail -n 1 "$out"
in_step

title "5. A pull request that shows the personnel files to the public"
pull_request spaces/company.weir.hcl 's/viewer = \["group:leadership"\]/viewer = ["anonymous"]/'
say "" "A rule denies it, before any site is asked. Exit code 3:"
prompt "weir validate"
weir 3 validate
says "WR301"
cat "$out"
close_pull_request spaces/company.weir.hcl

title "6. A pull request that empties a group by mistake"
pull_request groups.weir.yaml 's/members: \[uma@acme.example, vik@acme.example, wen@.*/members: []/'
say "" "The budget for removals stops it. Whoever means it accepts exactly this plan, once," \
	"by its digest; there is no --force. Exit code 4:"
prompt "weir plan"
weir 4 plan
says "--accept removals.member:12@"
cat "$out"
close_pull_request groups.weir.yaml
in_step

title "That was weir"
say "Read examples/acme, then docs/language.md. To begin your own: bin/weir init DIR"
