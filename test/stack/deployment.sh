# shellcheck shell=bash
# manifests/swarm-stack.yml on the nodes of environment/swarm-lab: from the commands in its head to the first admin. Sourced.
#
# Needs MOSAIC_BINARY, MOSAIC_WEB, MOSAIC_TEST_INSTANT_IMAGE and MOSAIC_TEST_LINK_IMAGE, and a sandbox with a Swarm. The one who
# sources it may set api_replicas, controller_replicas, agent_image and agent_egress. What it learns is in $work: secret-key, database-password, token
# (of the set-up) and chat-token.

repository=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
: "${MOSAIC_BINARY:?the mosaic to test}" "${MOSAIC_WEB:?its pages}" "${MOSAIC_SANDBOX:?runs inside a sandbox}"
export MOSAIC_BINARY MOSAIC_WEB DOCKER_HOST=$MOSAIC_TEST_SWARM
limit_s=120
api_replicas=2
controller_replicas=2
agent_image=$MOSAIC_TEST_INSTANT_IMAGE
agent_egress=none
work=$(mktemp -d)

fail() {
  echo "FAILED: $*" >&2
  docker service ls >&2 || true
  for service in postgres migrate api controller; do
    docker service ps --no-trunc --format '{{.Name}} {{.Node}} {{.CurrentState}} {{.Error}}' "mosaic_$service" >&2 || true
    docker service logs --raw --tail 15 "mosaic_$service" >&2 || true
  done
  exit 1
}

end_stack() {
  docker stack rm mosaic >/dev/null 2>&1 || true
  rm -rf "$work"
}

# eventually WHAT COMMAND...
eventually() {
  local what=$1 deadline=$((SECONDS + limit_s))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || fail "not within $limit_s s: $what"
    read -r -t 0.5 <> <(:) || true # time for the processes that are waited for
  done
}

build_images() {
  local node
  for node in n1 n2 n3; do
    "$repository/images/build-mosaic-image" --engine "unix://$MOSAIC_SANDBOX/nodes/$node/docker.sock"
    "$repository/images/build-postgres-image" --engine "unix://$MOSAIC_SANDBOX/nodes/$node/docker.sock"
  done
}

# As in the head of the stack's file.
make_secrets() {
  docker node update --label-add mosaic.database=true n2 >/dev/null
  openssl rand -hex 24 | tr -d '\n' >"$work/database-password"
  openssl rand -hex 32 | tr -d '\n' >"$work/secret-key"
  docker secret create mosaic-secret-key "$work/secret-key" >/dev/null
  docker secret create mosaic-database-password "$work/database-password" >/dev/null
  printf %s "postgresql://mosaic:$(cat "$work/database-password")@postgres:5432/mosaic" | docker secret create mosaic-database-url - >/dev/null
}

# deploy ARGUMENT...: of docker stack deploy.
deploy() {
  MOSAIC_CONTROLLER_USER=10001:$(stat -c %g "$MOSAIC_SANDBOX/nodes/n1/docker.sock") MOSAIC_POSTGRES_IMAGE=mosaic/postgres:local \
    MOSAIC_AGENT_IMAGE=$agent_image MOSAIC_LINK_IMAGE=$MOSAIC_TEST_LINK_IMAGE MOSAIC_PLAIN_HTTP=on MOSAIC_AGENT_EGRESS=$agent_egress \
    MOSAIC_API_REPLICAS=$api_replicas MOSAIC_CONTROLLER_REPLICAS=$controller_replicas \
    docker stack deploy --compose-file "$repository/manifests/swarm-stack.yml" "$@" --resolve-image never --detach=true mosaic >/dev/null
}

healthy() {
  [ "$(docker service ls --format '{{.Name}} {{.Replicas}}' |
    grep -cE "^mosaic_(postgres 1/1|migrate 0/1 \(1/1 completed\)|api $api_replicas/$api_replicas|controller $controller_replicas/$controller_replicas)")" = 4 ]
}
printed_token() { docker service logs --raw mosaic_api 2>/dev/null | sed -n 's/.*onboarding#token=\([^ "]*\).*/\1/p' | grep . | head -1 >"$work/token"; }

# An address of a node where an API process is.
api_address() {
  local node
  node=$(docker service ps --filter desired-state=running --format '{{.Node}}' mosaic_api | sort | sed -n "$1p")
  echo "http://198.19.0.${node#n}:8080"
}

# call METHOD URL [JSON] [FIELD]: the answer's body; fails with it when it is an error.
call() {
  local arguments=(--silent --show-error --max-time 60 --request "$1" --cookie "$work/cookies" --cookie-jar "$work/cookies" --header "Origin: $(api_address 1)")
  [ -z "${3:-}" ] || arguments+=(--header 'Content-Type: application/json' --data "$3")
  [ -z "${4:-}" ] || arguments+=(--header "$4")
  curl --fail-with-body "${arguments[@]}" "$2" || fail "$1 $2"
}

# onboard SCOPES: the first admin, and a token of theirs with these scopes, such as '["chat"]'.
onboard() {
  local url token
  url=$(api_address 1)
  token="X-Mosaic-Setup-Token: $(cat "$work/token")"
  call POST "$url/api/onboarding/breakglass" '{"username":"root","password":"correct horse battery staple"}' "$token" >/dev/null
  call POST "$url/api/onboarding/provider" '{"name":"first","displayName":"First","type":"openai","apiKey":"sk-not-asked","models":[{"id":"gpt-5","name":"GPT-5"}]}' "$token" >/dev/null
  call POST "$url/api/onboarding/complete" '{}' "$token" >/dev/null
  call POST "$url/api/auth/sign-in" '{"username":"root","password":"correct horse battery staple"}' >/dev/null
  call POST "$url/api/account/tokens" "{\"name\":\"test\",\"scopes\":$1}" | jq -r .token >"$work/chat-token"
}

# bring_up SCOPES ARGUMENT...: as onboard and deploy have them.
bring_up() {
  build_images
  make_secrets
  deploy "${@:2}"
  eventually 'the stack is up' healthy
  eventually 'the link of the set-up is printed' printed_token
  onboard "$1"
}
