# Redis servers of our own. Sourced by scripts/test.sh, which ends them by their ids.

redis_pids=()

# start_redis FOLDER [OPTION…]: starts a server that keeps nothing, on a free port of 127.0.0.1. Sets $redis_port.
start_redis() {
  local folder=$1 attempt tick pid
  shift
  mkdir -p "$folder"
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    # Below 45000, because a cluster node also takes the port 10000 above.
    redis_port=$((20000 + RANDOM % 25000))
    redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$folder" --save "" --appendonly no \
      --maxmemory-policy noeviction --daemonize no "$@" >"$folder/log" 2>&1 &
    pid=$!
    for tick in $(seq 50); do
      kill -0 "$pid" 2>/dev/null || break
      # The answer must be that of the process we started, not of another that has the port.
      if [[ $(redis-cli -h 127.0.0.1 -p "$redis_port" info server 2>/dev/null) == *"process_id:$pid"$'\r'* ]]; then
        redis_pids+=("$pid")
        return 0
      fi
      sleep 0.1
    done
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  echo "redis-server does not start (attempt $attempt, tick $tick):" >&2
  cat "$folder/log" >&2
  return 1
}

# start_cluster FOLDER: starts three nodes and joins them. Sets $cluster_urls.
start_cluster() {
  local folder=$1 node nodes=() urls=() tick
  for node in 1 2 3; do
    start_redis "$folder/$node" --cluster-enabled yes --cluster-config-file nodes.conf \
      --cluster-node-timeout 2000 || return 1
    nodes+=("127.0.0.1:$redis_port")
    urls+=("redis://127.0.0.1:$redis_port")
  done
  redis-cli --cluster create "${nodes[@]}" --cluster-replicas 0 --cluster-yes >"$folder/log" 2>&1 || {
    cat "$folder/log" >&2
    return 1
  }
  for tick in $(seq 100); do
    if [ "$(cluster_ready "${nodes[@]}")" = 3 ]; then
      cluster_urls=$(IFS=,; echo "${urls[*]}")
      return 0
    fi
    sleep 0.1
  done
  echo "the cluster does not come up (tick $tick)" >&2
  return 1
}

# How many of the nodes say that every slot is served.
cluster_ready() {
  local node ready=0
  for node in "$@"; do
    if [[ $(redis-cli -h "${node%:*}" -p "${node#*:}" cluster info 2>/dev/null) == *cluster_state:ok* ]]; then
      ready=$((ready + 1))
    fi
  done
  echo "$ready"
}

# Ends every server that was started here.
stop_redis() {
  local pid
  for pid in ${redis_pids[@]+"${redis_pids[@]}"}; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}
