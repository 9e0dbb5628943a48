#!/bin/sh
# Recomputes a ledger's chain with sed and sha256sum alone: verify-chain.sh LEDGER
# A line is {BODY,"link":LINK,"sha256":"OWN"}: LINK.body is the hash of BODY's bytes, OWN that of LINK's, LINK.prev the OWN before.
set -eu
LC_ALL=C
prev=null
seq=0
while IFS= read -r line; do
  seq=$((seq + 1))
  body=$(printf '%s' "$line" | sed 's/^{\(.*\),"link":{.*$/\1/')
  link=$(printf '%s' "$line" | sed 's/^.*,"link":\({[^{}]*}\),"sha256":"[0-9a-f]*"}$/\1/')
  own=$(printf '%s' "$line" | sed 's/^.*,"sha256":"\([0-9a-f]*\)"}$/\1/')
  hash=$(printf '%s' "$body" | sha256sum | cut -c1-64)
  ledger=$(printf '%s' "$link" | sed 's/^.*"ledger":"\([0-9a-f-]*\)".*$/\1/')
  time=$(printf '%s' "$link" | sed 's/^.*"time":"\([^"]*\)".*$/\1/')
  want="{\"body\":\"sha256:$hash\",\"ledger\":\"$ledger\",\"prev\":$prev,\"seq\":$seq,\"time\":\"$time\"}"
  [ "$link" = "$want" ] || { echo "line $seq: the link does not hold"; exit 1; }
  [ "$own" = "$(printf '%s' "$link" | sha256sum | cut -c1-64)" ] || { echo "line $seq: its own hash is wrong"; exit 1; }
  prev="\"sha256:$own\""
done < "$1"
echo "$seq lines, head $own"
