#!/bin/sh
# Everything, as `make test`: lint, the suite on SQLite with the embedded worker, and what touches
# the database once more on a real PostgreSQL with a real Redis.  All stages run, whatever fails.
cd "$(dirname "$0")/.." || exit 1
unset DATABASE_URL CELERY_BROKER_URL DJANGO_SETTINGS_MODULE
# Some hundred processes import the same files: compiled once, each start is a fifth less work, and
# the collecting of the tests in each worker half of it.
unset PYTHONDONTWRITEBYTECODE
python=.venv/bin/python
# In the order of their names: by default the files with the fewest tests come last, which are those
# that start whole systems, and two workers would wait for the third.
suite="-n 3 --dist loadfile --no-loadscope-reorder"
[ "${CI:-}" = true ] && suite="$suite --require-programs"
failed=""

stage() {
    title=$1
    shift
    printf '\n==== %s\n' "$title"
    "$@" || failed="$failed $title;"
}

stage "programs" $python -m tests.interop.programs --install
# Beside the first suite: it would have one processor to itself for two minutes.
lint=$(mktemp)
make -s lint >"$lint" 2>&1 &
linting=$!
stage "suite on SQLite, embedded worker" $python -m pytest $suite
stage "lint" wait $linting
cat "$lint"
rm "$lint"
stage "suite on PostgreSQL and Redis" \
    $python -m tests.interop.servers $python -m pytest $suite --database-only

[ -z "$failed" ] || {
    printf '\nFailed:%s\n' "$failed"
    exit 1
}
