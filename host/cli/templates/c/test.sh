# Runs the test on this machine: `sh test.sh`.
set -eu
mkdir -p out
${CC:-cc} -std=c11 -Wall -Wextra -Isrc test/greetings.c src/greetings.c -o out/test
out/test
