#!/usr/bin/env bash
# npm run test:cluster: a Docker Swarm of three nodes on this machine, the stack on it, and the tests.
# Removes at the end what it made, also after a failure or Ctrl-C. Arguments are Jest's.
#
# A node is a dockerd with a network, processes, mounts and a host name of its own (namespaces, as a
# container has them), connected to the others by a bridge.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# swarm.ts reads these, too.
export CLUSTER=student-list-cluster
export CLUSTER_LINK=student-list # network devices: a name may have 15 characters
export CLUSTER_NET=10.78.0       # .1 is this machine, .11 to .13 are the nodes

nodes=(1 2 3)
bridge=${CLUSTER_LINK}0
run=/run/$CLUSTER
data=/var/lib/$CLUSTER
# The registry as this machine's Engine and as the nodes trust it without TLS; they have it in the place
# of Docker Hub as well, for PostgreSQL.
push_to=localhost:5078
pull_from=$CLUSTER_NET.1:5000

skip() {
  echo "Skipped the tests on a cluster: they need $1."
  exit 0
}
[ "$(uname)" = Linux ] || skip 'Linux'
[ "$(id -u)" = 0 ] || skip "root, as with: sudo env \"PATH=\$PATH\" npm run test:cluster"
PATH=$PATH:/usr/sbin:/sbin
for program in docker flock ip iptables nsenter unshare; do
  command -v "$program" >/dev/null || skip "the program $program"
done
docker version >/dev/null 2>&1 || skip 'a running Docker Engine'
dockerd=$(command -v dockerd || readlink "/proc/$(pidof -s dockerd)/exe") && [ -x "$dockerd" ] ||
  skip 'dockerd, on the PATH or running'

on() { # on NODE ARGUMENT...: runs the Docker client against a node's Engine
  docker --host "unix://$run/node$1.sock" "${@:2}"
}

clean() (
  exec >/dev/null 2>&1
  set +e
  docker rm --force --volumes "$CLUSTER-registry"
  docker images --format '{{.Repository}}:{{.Tag}}' | grep "^$push_to/" | xargs -r docker rmi
  for i in "${nodes[@]}"; do
    # With dockerd, the first process of its PID namespace, all others end, and all mounts go.
    ip netns pids "$CLUSTER-$i" | xargs -r kill -KILL
    for _ in {1..100}; do
      [ -n "$(ip netns pids "$CLUSTER-$i")" ] || break
      sleep 0.1
    done
    ip link del "$CLUSTER_LINK$i"
    ip netns del "$CLUSTER-$i"
  done
  ip link del "$bridge"
  iptables -D FORWARD -i "$bridge" -o "$bridge" -j ACCEPT
  find /sys/fs/cgroup -depth -type d -path "*/$CLUSTER*" -exec rmdir {} \;
  rm -rf "$data" "$run"/*
)

make_bridge() {
  ip link add "$bridge" type bridge
  ip addr add "$CLUSTER_NET.1/24" dev "$bridge"
  ip link set "$bridge" up
  # Where the firewall sees bridged packets, Docker's rules would drop them.
  iptables -I FORWARD -i "$bridge" -o "$bridge" -j ACCEPT
}

start_node() { # start_node NODE
  local name=$CLUSTER-$1 link=$CLUSTER_LINK$1
  ip netns add "$name"
  ip link add "$link" type veth peer name eth0 netns "$name"
  ip link set "$link" master "$bridge" up
  ip -n "$name" addr add "$CLUSTER_NET.1$1/24" dev eth0
  ip -n "$name" link set lo up
  ip -n "$name" link set eth0 up
  mkdir -p "$data/node$1"
  # dockerd would use this machine's containerd and firewalld if it saw their sockets. The cgroup
  # driver: systemd does not know the processes by the numbers that they have here.
  nsenter --net="/run/netns/$name" \
    unshare --mount --uts --pid --fork --kill-child --mount-proc bash -c '
      echo "$1" > /proc/sys/kernel/hostname
      for folder in /run/containerd /run/dbus; do
        if [ -d "$folder" ]; then mount -t tmpfs tmpfs "$folder"; fi
      done
      exec env -i "PATH=$PATH" "${@:2}"' - "node$1" \
    "$dockerd" --config-file /dev/null --host "unix://$run/node$1.sock" \
    --data-root "$data/node$1" --exec-root "$run/node$1" --pidfile "$run/node$1.pid" \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$CLUSTER" \
    --insecure-registry "$pull_from" --registry-mirror "http://$pull_from" >"$data/node$1.log" 2>&1 9<&- &
  disown # or Bash would report how it ended
}

await_node() { # await_node NODE
  for _ in {1..60}; do
    on "$1" version >/dev/null 2>&1 && return
    sleep 1
  done
  echo "The Docker Engine of node $1 does not start:" >&2
  tail -20 "$data/node$1.log" >&2
  return 1
}

make_swarm() {
  local i token
  on 1 swarm init --advertise-addr "$CLUSTER_NET.11" >/dev/null
  token=$(on 1 swarm join-token --quiet worker)
  for i in "${nodes[@]:1}"; do
    on "$i" swarm join --advertise-addr "$CLUSTER_NET.1$i" --token "$token" "$CLUSTER_NET.11:2377"
  done
}

publish_variant() { # publish_variant IMAGE OF LINE: another image with one more line of Dockerfile
  printf 'FROM %s/%s\n%s\n' "$push_to" "$2" "$3" |
    docker build --quiet --tag "$push_to/$1" - >/dev/null
  docker push --quiet "$push_to/$1"
}

publish() {
  export IMAGE_PREFIX=$push_to/ TAG=1 BUILDX_BUILDER=default
  docker run --detach --name "$CLUSTER-registry" --publish "127.0.0.1:${push_to#*:}:5000" \
    --publish "$pull_from:5000" registry:2 >/dev/null
  docker compose --file docker-compose.yml --env-file /dev/null build --quiet
  docker compose --file docker-compose.yml --env-file /dev/null push --quiet
  docker tag postgres:17-trixie "$push_to/library/postgres:17-trixie"
  docker push --quiet "$push_to/library/postgres:17-trixie"
  publish_variant api:2 api:1 'LABEL release=2'
  publish_variant website:2 website:1 'LABEL release=2'
  # It starts, and never finds the database.
  publish_variant api:broken api:1 'ENV PGPORT=9'
}

mkdir -p "$run"
exec 9<"$run"
flock --nonblock 9 || {
  echo 'The tests on a cluster are running already.' >&2
  exit 1
}
tests=
finish() {
  trap '' INT TERM HUP # a second Ctrl-C must not leave anything behind
  if [ -n "$tests" ] && kill "$tests" 2>/dev/null; then wait "$tests" || true; fi
  clean
  rmdir "$run"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

clean # what a run left that was killed
make_bridge
PATH=$PATH:$(dirname "$dockerd") # dockerd finds its helpers there
for i in "${nodes[@]}"; do start_node "$i"; done
for i in "${nodes[@]}"; do await_node "$i"; done
make_swarm
publish
# In the background, for Bash acts on a signal only between two commands or while it waits.
timeout 15m node_modules/.bin/jest --config e2e/jest.config.mjs --rootDir e2e/cluster --testTimeout 300000 "$@" &
tests=$!
wait "$tests"
