#!/bin/sh
# The tests of tally: POSIX shell and awk only, so that they run in any build image.
tally=$1
failures=0

expect() {
    name=$1 wanted=$2 got=$3
    if [ "$got" != "$wanted" ]; then
        printf 'FAILED %s\n--- wanted\n%s\n--- got\n%s\n' "$name" "$wanted" "$got"
        failures=$((failures + 1))
    fi
}

expect "counts and sorts" "      3 a
      3 rose
      2 is" "$(echo 'A rose is a Rose is a rose.' | "$tally")"
expect "keeps apostrophes inside words" "      1 don't
      1 stop" "$(echo "'don't' stop'" | "$tally")"
expect "keeps UTF-8 whole" "      2 café" "$(printf 'café, café' | "$tally")"
expect "prints as many as wanted" "      2 b" "$(echo 'a b b' | "$tally" -n 1)"
expect "reads the default from the environment" "      2 b" "$(echo 'a b b' | TALLY_WORDS=1 "$tally")"
expect "adds up several files" "      2 x" "$(echo x > build/one; "$tally" build/one build/one)"
expect "prints nothing for nothing" "" "$("$tally" < /dev/null)"
expect "grows with the number of words" "  20000 word
      1 w0" "$(awk 'BEGIN { for (i = 0; i < 20000; i++) print "word", "w" i }' | "$tally" -n 2)"
"$tally" build/missing 2> /dev/null && expect "fails for a missing file" "an error" "none"
"$tally" -n many < /dev/null 2> /dev/null
expect "refuses a count that is no number" 2 $?

[ "$failures" -eq 0 ] && echo "all tests passed"
exit "$failures"
