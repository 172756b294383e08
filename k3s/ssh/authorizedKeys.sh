# Keys are compared by their material, without options and comment.
# cloud-init writes these files at a machine's first boot only, so a removed key stays removed.
begin authorized-keys
home=$(getent passwd "$LOGIN_USER" | cut -d : -f 6)
own=$home/.ssh/authorized_keys
[[ -s $own ]] || fail "user $LOGIN_USER has no $own"
for file in "$own" /root/.ssh/authorized_keys; do
  [[ -f $file ]] || continue
  keys=$(cat "$file")
  while read -r _ material; do
    [[ -z $material ]] || keys=$(grep -vF -- "$material" <<<"$keys" || true)
  done <<<"$DROP"
  if [[ $file == "$own" ]]; then
    read -r _ material <<<"$ADD"
    grep -qF -- "$material" <<<"$keys" || keys="${keys:+$keys$'\n'}$ADD"
  fi
  [[ $keys != "$(cat "$file")" ]] || continue
  temp=$(mktemp -- "$file.XXXXXX")
  printf '%s\n' "$keys" >"$temp"
  chown --reference="$file" -- "$temp"
  chmod --reference="$file" -- "$temp"
  mv -f -- "$temp" "$file"
  temp=
  changed "$file"
done
