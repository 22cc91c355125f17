#!/bin/sh
# Brings up the cluster of a compose file, looks at it from this machine as a client would, and takes it down again.
#
#   compose/check.sh              # all, one after the other; after `make image bench-image`
#   compose/check.sh redis        # REDIS_IMAGE=... for another image than redis:7.4
#   compose/check.sh reference
#   compose/check.sh bench        # load from two generators, and their results merged
#
# It needs docker compose (or docker-compose) and redis-cli. Where redis:7.4 cannot be had, the redis-server of this machine is packed into an
# image, which needs Go.
set -eu

cd "$(dirname "$0")"
case $#:${1:-} in
0:)
  ./check.sh redis
  ./check.sh reference
  exec ./check.sh bench
  ;;
1:redis | 1:reference | 1:bench) kind=$1 ;;
*) echo "usage: compose/check.sh [redis|reference|bench]" >&2; exit 64 ;;
esac

if docker compose version >/dev/null 2>&1; then compose="docker compose"; else compose="docker-compose"; fi
compose="$compose --project-name clusterspec-check-$kind --file $kind.compose.yaml"

down() { $compose down --volumes --remove-orphans --timeout 1; }
fail() { echo "check.sh: $1" >&2; $compose logs --tail 20 >&2; exit 1; }

# have_image: the default image is here, or comes.
have_image() { docker image inspect "$1" >/dev/null 2>&1 || docker pull --quiet "$1" >/dev/null 2>&1; }

# need_image: there is no registry to take it from, but a make target that builds it.
need_image() { have_image "$1" || { echo "check.sh: there is no image $1; run \`$2\` first" >&2; exit 1; }; }

case $kind in
redis)
  if [ -z "${REDIS_IMAGE:-}" ] && ! have_image redis:7.4; then
    REDIS_IMAGE=$(go run ./pack)
    echo "check.sh: redis:7.4 cannot be had; $REDIS_IMAGE stands in for it"
    export REDIS_IMAGE
  fi
  ;;
reference)
  need_image clusterspec/reference "make image"
  ;;
bench)
  need_image clusterspec/reference "make image"
  need_image clusterspec/bench "make bench-image"
  START=$(date -u -d '+20 seconds' +%FT%TZ 2>/dev/null || date -u -v+20S +%FT%TZ) # GNU, BSD
  export START
  ;;
esac

trap down EXIT
trap 'exit 130' INT TERM

$compose up --detach

# collected: both workers have done their part, and the result is one of all of it.
if [ "$kind" = bench ]; then
  collector=$($compose ps --all --quiet collector 2>/dev/null || $compose ps --quiet collector)
  [ "$(docker wait "$collector")" = 0 ] || fail "the collector failed"
  results=$(mktemp -d)
  docker cp --quiet "$collector:/reports/." "$results" 2>/dev/null || docker cp "$collector:/reports/." "$results"
  docker logs "$collector"
  for file in index.html bench.json summary.md worker-0.json worker-1.json; do
    [ -s "$results/$file" ] || fail "there is no $file"
  done
  grep -q 'from 2 workers' "$results/summary.md" || fail "the summary does not speak of two workers"
  rm -rf "$results"
  echo "check.sh: bench is well"
  exit 0
fi

# formed: the first node has heard that everybody is in place, and all nodes agree about the slots.
formed() {
  redis-cli -p 7000 cluster info 2>/dev/null | grep -q 'cluster_state:ok' &&
    [ "$(redis-cli -p 7000 cluster nodes | grep -c 'slave.* connected')" = 3 ] &&
    redis-cli --cluster check 127.0.0.1:7000 >/dev/null
}

tries=60
until formed; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || fail "the cluster did not form"
  sleep 1
done
redis-cli --cluster check 127.0.0.1:7000

# Every node must answer at the address it announces, and redirects must lead somewhere.
for port in 7000 7001 7002 7003 7004 7005; do
  [ "$(redis-cli -p $port ping)" = PONG ] || fail "node $port does not answer"
done
for key in a b c d e f; do
  [ "$(redis-cli -c -p 7000 set "check:$key" "$key")" = OK ] || fail "cannot write check:$key"
  [ "$(redis-cli -c -p 7001 get "check:$key")" = "$key" ] || fail "cannot read check:$key"
done
if [ "$kind" = reference ]; then
  tries=30
  container=$($compose ps --quiet cluster)
  until [ "$(docker inspect --format '{{.State.Health.Status}}' "$container")" = healthy ]; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || fail "the container does not say that it is healthy"
    sleep 1
  done
fi
echo "check.sh: $kind is well"
