#!/bin/sh
# `noroshi config`: what it shows is a configuration file that it finds good and shows again the same; mistakes are named with
# their line. Usage: config.sh NOROSHI docs/options.md
set -eu
noroshi=$(realpath "$1")
options=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fail() {
	echo "$1" >&2
	exit 1
}
# status WANTED COMMAND…: runs it, output and complaints into files
status() {
	wanted=$1
	shift
	got=0
	"$@" >out 2>err || got=$?
	[ "$got" = "$wanted" ] || fail "$*: ended with $got, not $wanted: $(cat err)"
}

status 0 "$noroshi" config show
grep -q '^center = {$' out || fail "the group center is not shown"
grep -q 'listen = "127.0.0.1:8443";' out || fail "no default is shown"
cp out shown
status 0 "$noroshi" config check shown
status 0 "$noroshi" config show shown
cmp out shown || fail "what is shown does not read back to the same"

sed 's/listen = .*/listen = "[::1]:0";/' shown >changed
status 0 "$noroshi" config show changed
grep -q 'listen = "\[::1\]:0";' out || fail "a changed value is not shown"

status 0 "$noroshi" config show --origin changed
grep -q '^center\.listen = "\[::1\]:0"  # changed:[0-9]*$' out || fail "no origin: $(grep listen out)"
status 0 "$noroshi" config show --origin
[ "$(grep -vc '  # default' out)" = 0 ] || fail "without a file everything is a default"
status 0 "$noroshi" config show --origin --json
grep -q '^{"option":"center.listen","value":"\\"127.0.0.1:8443\\"","origin":"default","secret":false}$' out || fail "no JSON: $(head -1 out)"
status 2 "$noroshi" config show --json

# The manual's tables are what the program says.
status 0 "$noroshi" config reference
"$noroshi" config reference --agent >>out
"$noroshi" config reference --sensor >>out
sed '1,/^<!-- noroshi config reference -->$/d' "$options" | grep -vE '^<!-- noroshi config reference --(agent|sensor) -->$' | cmp - out || fail "docs/options.md is not what \`noroshi config reference\` prints"

line=$(grep -n 'quota =' shown | cut -d: -f1)
sed 's/quota =/qouta =/' shown >mistyped
status 1 "$noroshi" config check mistyped
grep -q "mistyped:$line: .*\"qouta\".*did you mean \"quota\"?" err || fail "the mistake is not named: $(cat err)"
[ ! -s out ] || fail "a bad file was called good"

sed 's/listen = .*/listen = "0.0.0.0:8443";/' shown >open
status 1 "$noroshi" config check open
grep -q 'tls_key' err || fail "beyond loopback a key is needed: $(cat err)"

line=$(grep -n '^notify = {' shown | cut -d: -f1)
sed 's,smtp_server = .*,smtp_server = "smtp://localhost:25";,' shown >unsigned
status 1 "$noroshi" config check unsigned
grep -q "unsigned:$line: notify: smtp_server is set, smtp_from is not" err || fail "options that do not fit together: $(cat err)"

status 0 "$noroshi" config show --agent
cp out agent
grep -q '^agent = {$' agent || fail "the group agent is not shown"
status 0 "$noroshi" config check --agent agent
sed 's/linger =/lingre =/' agent >mistyped-agent
status 1 "$noroshi" config check --agent mistyped-agent
grep -q 'did you mean "linger"?' err || fail "the mistake is not named: $(cat err)"
status 1 "$noroshi" config check agent
status 0 "$noroshi" config show --sensor
cp out sensor
grep -q '^sensor = {$' sensor || fail "the group sensor is not shown"
status 0 "$noroshi" config check --sensor sensor
sed 's/workers = 1/workers = 65/' sensor >too-many
status 1 "$noroshi" config check --sensor too-many
status 2 "$noroshi" config check --agent --sensor sensor

status 2 "$noroshi" config check "$folder/none"
status 2 "$noroshi" config
status 2 "$noroshi" config chek shown
grep -q 'did you mean "check"' err || fail "no nearest word: $(cat err)"
status 0 "$noroshi" config --help
