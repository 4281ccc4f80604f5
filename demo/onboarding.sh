#!/usr/bin/env bash
# demo/onboarding.sh: from an empty database to a streamed answer of one's own agent, with curl alone.
#
#   MOSAIC_URL          where Mosaic listens (http://127.0.0.1:8080)
#   MOSAIC_SETUP_TOKEN  the one-time token that `mosaic up` printed (again: mosaic admin set-up-token)
#   PROVIDER_URL        an OpenAI-compatible provider, for example http://192.0.2.10:11434/v1
#   PROVIDER_KEY        its key
#   PROVIDER_MODEL      one of its models
#   ADMIN_NAME, ADMIN_PASSWORD   the first admin's (admin, and a random password that is printed)
#
# Every step may be repeated until set-up is completed. Ends with 0 once the agent's answer has arrived; needs curl and jq.
set -euo pipefail

url=${MOSAIC_URL:-http://127.0.0.1:8080}
: "${MOSAIC_SETUP_TOKEN:?is printed by mosaic up at its first start; again: mosaic admin set-up-token}"
: "${PROVIDER_URL:?where the model provider is, with /v1}" "${PROVIDER_KEY:?its key}" "${PROVIDER_MODEL:?one of its models}"
admin=${ADMIN_NAME:-admin}
password=${ADMIN_PASSWORD:-}
[ -n "$password" ] || {
  password=$(head -c 18 /dev/urandom | base64)
  echo "password of $admin: $password"
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf '\n== %s\n' "$*"; }

# call METHOD PATH [JSON]: a request with what we are signed in with; prints the answer, fails on an error of the server.
call() {
  local method=$1 path=$2 body=${3:-} status
  local arguments=(--silent --show-error --max-time 30 --request "$method" --cookie "$work/cookies" --cookie-jar "$work/cookies"
    --header "Origin: $url" --output "$work/answer" --write-out '%{http_code}')
  [ -z "${set_up_token:-}" ] || arguments+=(--header "X-Mosaic-Setup-Token: $set_up_token")
  [ -z "$body" ] || arguments+=(--header 'Content-Type: application/json' --data "$body")
  status=$(curl "${arguments[@]}" "$url$path")
  cat "$work/answer"
  echo
  [ "$status" -lt 400 ] || { echo "$method $path was answered with $status" >&2; exit 1; }
}

set_up_token=$MOSAIC_SETUP_TOKEN

say 'what is to be done'
call GET /api/onboarding/status

say 'the admin who can always sign in'
call POST /api/onboarding/breakglass "$(jq -n --arg u "$admin" --arg p "$password" '{username: $u, password: $p}')"

provider=$(jq -n --arg url "$PROVIDER_URL" --arg key "$PROVIDER_KEY" --arg model "$PROVIDER_MODEL" \
  '{name: "first", displayName: "First provider", type: "custom", baseUrl: $url, apiKey: $key,
    models: [{id: $model, name: $model}]}')

say 'does the provider answer?'
call POST /api/onboarding/provider/test "$(jq '{type, baseUrl, apiKey}' <<<"$provider")"

say 'the first provider'
call POST /api/onboarding/provider "$provider"

say 'done'
call POST /api/onboarding/complete '{}'
set_up_token=

say 'sign in'
call POST /api/auth/sign-in "$(jq -n --arg u "$admin" --arg p "$password" '{username: $u, password: $p}')"

say 'a token for programs; shown only once'
token=$(call POST /api/account/tokens '{"name": "onboarding", "scopes": ["chat"]}' | jq -r .token)
echo "${token%_*}_…"

say 'a streamed chat; the agent is made and woken for it (comments tell how far it is)'
curl --silent --show-error --no-buffer --max-time 240 "$url/v1/chat/completions" \
  --header "Authorization: Bearer $token" --header 'Content-Type: application/json' \
  --data '{"model": "openclaw", "stream": true, "messages": [{"role": "user", "content": "Please remember the word heron."}]}' |
  tee "$work/stream"
grep -q '^data: \[DONE\]' "$work/stream" || { echo 'the stream did not come to its end' >&2; exit 1; }
answer=$(sed -n 's/^data: {/{/p' "$work/stream" | jq -rj '.choices[0].delta.content // empty')
[ -n "$answer" ] || { echo 'the agent said nothing' >&2; exit 1; }
printf '\n%s\n' "$answer"
