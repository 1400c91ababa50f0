#!/bin/bash
# Packs the test guest's initrd:  guest/initrd.sh AGENT OUTPUT MODULE.ko...
#
# busybox, our init and agent, and kernel modules: our own, those listed in guest/modules, and what
# they depend on.  Modules are unpacked, and the archive is not compressed: under emulation, decompressing
# costs more than reading.  The same input gives the same file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
agent=$1 output=$2
shift 2
from=build/guest
release=$(<$from/kernel-release)
root=$(mktemp -d) section=$(mktemp)
trap 'rm -rf "$root" "$section"' EXIT
modules=$root/lib/modules/$release

die() { printf 'initrd: error: %s\n' "$*" >&2; exit 1; }

# modinfo FILE FIELD: the values of one field of a module's description. Not by way of /dev/stdout:
# objcopy removes what stands for its output, when it cannot go on, and root may remove that.
modinfo() {
	objcopy -O binary --only-section=.modinfo "$1" "$section"
	[[ -s $section ]] || die "$1: no module of Linux (it has no .modinfo)"
	tr '\0' '\n' <"$section" | sed -n "s/^$2=//p"
}

# Module names are the same with - and _; files have either.
module_file() {
	local pattern=${1//[-_]/[-_]}
	find -L "$from/modules/kernel" -name "$pattern.ko*" | head -1
}

declare -A path=()

# add_module NAME [FILE]: unpacks a module and what it depends on, and writes its lines of modules.dep and
# modules.alias.
add_module() {
	local name=$1 source=${2:-} to depends dep line
	[[ -z ${path[${name//-/_}]:-} ]] || return 0
	[[ $source ]] || source=$(module_file "$name")
	[[ -n $source ]] || die "the kernel has no module $name (guest/modules)"
	to=kernel/$(basename "$source" | sed 's/\.ko.*/.ko/')
	mkdir -p "$modules/kernel"
	case $source in
	*.xz) xz -dc "$source" >"$modules/$to" ;;
	*.zst) zstd -qdc "$source" >"$modules/$to" ;;
	*.gz) gzip -dc "$source" >"$modules/$to" ;;
	*) cp "$source" "$modules/$to" ;;
	esac
	[[ $(modinfo "$modules/$to" vermagic) == "$release "* ]] || die "$source is not for the kernel $release"
	path[${name//-/_}]=$to
	depends=$(modinfo "$modules/$to" depends)
	for dep in ${depends//,/ }; do
		add_module "$dep"
	done
	line=$to:
	for dep in ${depends//,/ }; do
		line+=" $(all_dependencies "$dep")"
	done
	echo "$line" | tr -s ' ' >>"$modules/modules.dep"
	modinfo "$modules/$to" alias | sed "s/.*/alias & ${name//-/_}/" >>"$modules/modules.alias"
}

# A module's path and those of everything below it, as modules.dep wants them.
all_dependencies() {
	local to=${path[${1//-/_}]}
	sed -n "s|^$to:|$to|p" "$modules/modules.dep"
}

mkdir -p "$root"/{bin,dev,etc/udhcpc,proc,sys,tmp,root,mnt,lib,run}
cp "$from/busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
cp "$agent" "$root/bin/agent"
cp guest/init "$root/init"
cp guest/udhcpc.script "$root/etc/udhcpc/default.script"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
cat >"$root/root/.profile" <<'PROFILE'
PS1='copra:\w\$ '
PROFILE
ln -s bin "$root/sbin"
for module; do
	add_module "$(basename "$module" .ko)" "$module"
done
while read -r module; do
	add_module "$module"
done < <(sed -E 's/[[:space:]]*#.*//; /^$/d' guest/modules)

# The modes are those of the archive, not of whoever unpacked the sources.
chmod -R u=rwX,go=rX "$root"
find "$root" -exec touch -h -d @0 {} +
mkdir -p "$(dirname "$output")"
(cd "$root" && find . -mindepth 1 | LC_ALL=C sort |
	cpio --quiet --reproducible -o -H newc -R 0:0) >"$output.new"
mv "$output.new" "$output"
