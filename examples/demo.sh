#!/usr/bin/env bash
# A walk through weir: a site that people clicked together is described,
# planned, applied, disturbed and corrected; then two careless pull requests are
# stopped. It works on a copy of examples/acme in a temporary folder and on an
# embedded site: no account, no network. It fails when any step does not end as
# it says.
#
#   make demo
#   examples/demo.sh PATH-OF-WEIR
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
weir=${1:-$here/../bin/weir}
weir=$(cd "$(dirname "$weir")" && pwd)/$(basename "$weir")
[ -x "$weir" ] || { echo "demo: there is no program at $weir (make build makes it)" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$here/acme" "$work/acme"
# Whoever tried the example by hand has a site there already; the demo begins
# with none.
rm -rf "$work/acme/.weir" "$work/acme/weir.lock"
cd "$work/acme"
out=$work/out

section() { printf '\n\n== %s\n' "$1"; }
say() { printf '%s\n' "$@"; }

# run CODE ARG...: runs weir, keeps what it prints in $out, and fails unless the
# exit code is CODE.
run() {
	local want=$1 got=0
	shift
	printf '\n$ weir %s\n' "$*"
	"$weir" "$@" >"$out" 2>&1 || got=$?
	if [ "$got" -ne "$want" ]; then
		cat "$out"
		echo "demo: weir $1 ended with exit code $got instead of $want" >&2
		exit 1
	fi
}

whole() { cat "$out"; }
has() { # the output must say this: the story must be true
	grep -qF -- "$1" "$out" || { cat "$out"; echo "demo: weir did not say: $1" >&2; exit 1; }
}
# begin N [N...]: the first N lines after each pattern are too clever by half;
# the first N lines are enough.
begin() {
	sed -n "1,$1p" "$out"
	printf '  ... (%d lines in all)\n' "$(wc -l <"$out")"
}

say "This is weir on a made-up company of 40 people, on a Confluence in a file." \
	"The description is examples/acme; ten minutes are enough to read it."

section "1. A site that nobody planned"
say "Years of clicking left this on Acme's site: a group from Okta, people of other" \
	"firms, somebody who left, a forgotten group and a space that nobody described."
run 0 site edit . <site.facts
whole
run 0 site facts
grep -E 'user:gus|wiki-editors|OLDWIKI' "$out"

section "2. The description, against that site"
say "A plan changes nothing. It says first what it does to people, then every single" \
	"change with its reason or its place in the description."
run 0 plan
has "1 of 2 people with access lose something"
begin 12
say "" "A change is one line that grep, sort and comm understand. These take something away:"
run 0 plan --format facts
grep '^-' "$out"
say "" "Gus left: his entry says so. Nobody described wiki-editors, and Acme owns its" \
	"groups. The space OLDWIKI is left alone: spaces never go for being undescribed."

section "3. Apply it"
run 0 apply --auto-approve
has "failed 0 · skipped 0 · unknown 0"
tail -n 4 "$out"
run 0 plan
has "no changes"
whole

section "4. A month of clicking later"
say "People in the admin pages changed six things:"
grep '^[-+~]' drift.facts
run 0 site edit . <drift.facts
say "" "The plan finds all six, says to whom they matter, and takes them back:"
run 2 plan --detailed-exitcode
has "nell@audit.example loses edit"
whole
run 0 apply --auto-approve
has "applied 6 · failed 0"
tail -n 1 "$out"
run 0 plan
has "no changes"
whole

section "5. A pull request that opens the personnel files to the public"
sed 's/viewer = \["group:leadership"\]/viewer = ["anonymous"]/' spaces/company.weir.hcl >"$work/edited"
cp spaces/company.weir.hcl "$work/before"
cp "$work/edited" spaces/company.weir.hcl
diff "$work/before" spaces/company.weir.hcl || true
say "" "A rule denies it, before any site is asked:"
run 3 validate
has "WR301"
whole
cp "$work/before" spaces/company.weir.hcl

section "6. A pull request that empties a group by mistake"
sed 's/members: \[uma@acme.example, vik@acme.example, wen@.*/members: []/' groups.weir.yaml >"$work/edited"
diff groups.weir.yaml "$work/edited" || true
cp "$work/edited" groups.weir.yaml
say "" "The budget for removals stops it. Whoever means it accepts exactly this plan," \
	"once and by its digest; there is no --force:"
run 4 plan
has "--accept removals.member:12@"
whole

section "That was weir"
say "Read examples/acme, then docs/language.md. To play on: weir init confluence"
