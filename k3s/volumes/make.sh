# As K3s's provisioner makes them: everybody in the pod may write, and nobody else on the host gets that far.
while read -r folder; do
  [[ -n $folder && ! -e $folder ]] || continue
  base=$(dirname -- "$folder")
  [[ -d $base ]] || mkdir -p -m 0700 -- "$base"
  mkdir -m 0777 -- "$folder"
  changed "$folder: made, empty; what the volume held was on another machine"
done <<<"$FOLDERS"
