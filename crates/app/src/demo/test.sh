# Runs the checks; exits with 1 when one fails.
cd "$(dirname "$0")" || exit 2
. ./stats.sh
failed=0
check() {
    if [ "$2" = "$3" ]; then
        echo "ok      $1"
    else
        echo "FAILED  $1: got $2, want $3"
        failed=1
    fi
}
check "median of an odd count" "$(median 3 1 2)" 2
check "median of an even count" "$(median 4 1 3 2)" 2
check "median of numbers of different lengths" "$(median 9 10 8)" 9
exit $failed
