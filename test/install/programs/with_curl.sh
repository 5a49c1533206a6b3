set -eu
name=$1
base=${2:-$BLNK_BASE_URL}
call() {
  curl -sS -H "Authorization: Bearer $BLNK_API_KEY" -H 'Content-Type: application/json' "$@"
}
id=$(call "$base/proxy/ledgers?instance_id=$BLNK_INSTANCE_ID" -d "{\"name\": \"$name\"}" | grep -o 'ldg_[0-9a-f-]*')
call "$base/proxy/ledgers/$id?instance_id=$BLNK_INSTANCE_ID" | grep -o "\"name\":\"$name\"" | cut -d'"' -f4
