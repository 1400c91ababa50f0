#!/bin/bash
# The packages Copra needs.
#
#   tools/packages.sh deps     install what is missing on this machine and fetch the guest's files
#   tools/packages.sh host     install what is missing, without the guest's files
#   tools/packages.sh check    exit 0 when nothing is missing (quick; says nothing)
#   tools/packages.sh report   versions and SHA-256 sums of the guest's firmware and kernel
#   tools/packages.sh sources  the guest suite's lines of a sources.list
#
# Host packages come from the machine's own suite.  The guest's firmware, kernel and shell come from
# another Debian suite, through the machine's own mirror, into a private package root below
# build/pkg: nothing of the system's apt is changed.  apt checks the signed index and each
# package; the extracted files are checked once more against the packages' own sums.
#
#   COPRA_SUITE=testing   the suite of the guest's packages
#   COPRA_MIRROR=URI      where that suite is, when apt's own sources do not tell
#   COPRA_SECURITY_MIRROR=URI  the same of its security updates
#   COPRA_DEBS=DIR        use the package files in DIR, and no network
#   COPRA_UPDATE=1        look for newer guest packages
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/apt-private.sh

suite=${COPRA_SUITE:-testing}
[[ $suite =~ ^[a-z0-9._-]+$ ]] || { echo "COPRA_SUITE: not a suite's name: $suite" >&2; exit 2; }
pkg=$PWD/build/pkg/$suite
guest=build/guest
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { printf 'copra: %s\n' "$*" >&2; }
die() { printf 'copra: error: %s\n' "$*" >&2; exit 1; }

# package : what it is needed for.  Tests need the second list.
host_packages() {
	cat <<-'LIST'
	qemu-system-x86 : the machine's processor and devices
	qemu-utils : reading disk images
	gcc : compiling
	libc6-dev : compiling
	binutils : linking
	make : building
	cpio : the guest's initrd
	xz-utils : the guest's kernel modules
	debian-archive-keyring : checking the guest's packages
	LIST
	[[ -e machine/build.mk ]] && echo 'libbearssl-dev : the secure processor'"'"'s cryptography'
	[[ -e services/build.mk ]] && echo 'libtpms-dev : the virtual TPM' &&
		echo 'libssl-dev : its cryptography'
	return 0
}

test_packages() {
	cat <<-'LIST'
	libcmocka-dev : unit tests
	libssl-dev : unit tests of the cryptography
	tpm2-tools : a client of the virtual TPM
	libtss2-tcti-mssim0 : its way to the virtual TPM
	clang : the second compiler
	libclang-rt-14-dev : sanitizers of the second compiler
	clang-tidy : checking the sources
	clang-format : checking how the sources are laid out
	cppcheck : checking the sources, a second way
	shellcheck : checking the shell scripts
	mtools : a bootable test disk
	fdisk : a bootable test disk
	gdb : a client of the machine's gdb stub
	LIST
}

# Only for make fuzz
fuzz_packages() {
	cat <<-'LIST'
	clang : compiling the fuzzers
	libclang-rt-14-dev : libFuzzer, and clang's sanitizers
	afl++ : the other fuzzer
	libcmocka-dev : the samples that fuzzing starts from
	LIST
}

# Only for make coverage
coverage_packages() {
	cat <<-'LIST'
	lcov : the report
	libcmocka-dev : unit tests
	libssl-dev : unit tests of the cryptography
	LIST
}

# Only for make bench
bench_packages() {
	echo 'swtpm : the TPM of QEMU, with which the virtual TPM is compared'
}

is_installed() {
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Reads a list on stdin, writes the lines of what is missing.
missing() {
	local name rest
	while read -r name rest; do
		is_installed "$name" || printf '%s %s\n' "$name" "$rest"
	done
}

wanted() {
	host_packages
	[[ -z ${WITH_TESTS:-} ]] || test_packages
	[[ -z ${WITH_FUZZ:-} ]] || fuzz_packages
	[[ -z ${WITH_COVERAGE:-} ]] || coverage_packages
	[[ -z ${WITH_BENCH:-} ]] || bench_packages
}

as_root() {
	if [[ $EUID -eq 0 ]]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "not root and no sudo: run this as root, then try again:
  $*"
	fi
}

install_host() {
	local list names
	command -v dpkg-query >/dev/null || die "this is not Debian or a relative of it; install by hand:
$(wanted)"
	list=$(wanted | missing)
	[[ -n $list ]] || return 0
	say "installing on this machine (apt-get, from its own sources):"
	printf '  %s\n' "${list//$'\n'/$'\n  '}" >&2
	mapfile -t names < <(awk '!seen[$1]++ { print $1 }' <<<"$list")
	# Lists that were never fetched, or are too old to be of use, are fetched first.
	local log=build/deps.log
	local run=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0
		--no-install-recommends)
	mkdir -p build
	if ! as_root "${run[@]}" install "${names[@]}" </dev/null >"$log" 2>&1; then
		say "trying again with fresh package lists"
		{ as_root "${run[@]}" update && as_root "${run[@]}" install "${names[@]}"; } \
			</dev/null >"$log" 2>&1 || die "apt-get could not install ${names[*]}: $(tail -5 "$log")"
	fi
}

# --- the guest's packages --------------------------------------------------------------------

# The mirror that apt uses for this machine's own suite.
mirror() {
	if [[ -n ${COPRA_MIRROR:-} ]]; then
		echo "$COPRA_MIRROR"
		return
	fi
	local codename
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# shellcheck disable=SC2016 # apt-get's own variables
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v c="$codename" '$2 == "main" && $1 == c { print $3; exit }' | grep . ||
		die "cannot tell the Debian mirror from apt's sources (no '$codename main' there).
Set COPRA_MIRROR to the URI of a Debian mirror, or COPRA_DEBS to a folder with the packages."
}

# Where the suite's security updates are: beside those of the machine's own suite. A rolling suite
# without such an archive, or COPRA_MIRROR alone, has none.
security_mirror() {
	[[ ! $suite =~ ^(sid|unstable|experimental)$ ]] || return 0
	if [[ -n ${COPRA_MIRROR:-} ]]; then
		echo "${COPRA_SECURITY_MIRROR:-}"
		return
	fi
	# shellcheck disable=SC2016 # apt-get's own variables
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk '$2 == "main" && $1 ~ /^[a-z]+-security$/ { print $3; exit }'
}

# The guest suite's lines of a sources.list.
guest_sources() {
	local from security
	from=$(mirror)
	security=$(security_mirror)
	echo "deb [signed-by=$keyring] $from $suite main"
	[[ -z $security ]] || echo "deb [signed-by=$keyring] $security $suite-security main"
}

apt_() { apt_private "$pkg/apt" "$@"; }

# The packages to fetch: named ones, and those parts of the kernel and its headers that their packages
# depend on. Programs of the headers' build system run with the suite's own C library.
guest_package_names() {
	# The third is for a test: it makes one bootable file of kernel, initrd and command line.
	printf '%s\n' ovmf-generic busybox-static systemd-boot-efi libc6
	kernel_package_names
	! wants_guest_tests || dependencies --recurse tpm2-tools | grep -vx libc6
}

# Tools for the guest, which tests run there. Once fetched they are kept up to date.
wants_guest_tests() { [[ ${WITH_TESTS:-} || -e $pkg/root/usr/bin/tpm2 ]]; }

# dependencies [--recurse] PACKAGE: names, with the package's own when recursive.
dependencies() {
	local lines='s/^ *\|?Depends: ([a-z0-9].*)$/\1/p'
	[[ $1 != --recurse ]] || lines='s/^([a-z0-9].*)$/\1/p'
	apt_ cache depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
		--no-enhances "$@" | sed -nE "$lines"
}

kernel_package_names() {
	local todo=(linux-image-cloud-amd64 linux-headers-cloud-amd64) seen=' ' next
	while ((${#todo[@]})); do
		next=${todo[0]}
		todo=("${todo[@]:1}")
		[[ $seen == *" $next "* ]] && continue
		seen+="$next "
		echo "$next"
		while read -r next; do
			todo+=("$next")
		done < <(dependencies "$next" |
			grep -E '^linux-(image|binary|modules|base|headers|kbuild)-[0-9]')
	done
}

fetch_debs() {
	local names
	if [[ -n ${COPRA_DEBS:-} ]]; then
		say "using the packages in $COPRA_DEBS (not checked against a signed index)"
		compgen -G "$COPRA_DEBS/*.deb" >/dev/null || die "COPRA_DEBS=$COPRA_DEBS: no .deb there"
		mkdir -p "$pkg/debs"
		cp "$COPRA_DEBS"/*.deb "$pkg/debs/"
		return
	fi
	mkdir -p "$pkg/debs"
	apt_private_make "$pkg/apt" "$(guest_sources)"
	say "fetching the guest's packages: Debian $suite, by way of this machine's mirror"
	read_lists
	mapfile -t names < <(guest_package_names)
	(cd "$pkg/debs" && apt_ get download "${names[@]}" </dev/null >>"$pkg/apt/log" 2>&1) ||
		die "could not fetch: ${names[*]}: $(tail -3 "$pkg/apt/log")"
	keep_only "${names[@]}"
	newest_only
}

# The lists of the suite, and of its security updates where the mirror has them.
read_lists() {
	local log=$pkg/apt/log
	if apt_ get update </dev/null >"$log" 2>&1 && ! grep -E "^(W|E|Err)" "$log" >&2; then
		return
	fi
	grep -q "Err.*$suite-security" "$log" ||
		die "could not read the package lists of $suite: $(tail -3 "$log")"
	say "note: no security updates of $suite: the mirror has no $suite-security"
	sed -i "/ $suite-security /d" "$pkg/apt/etc/sources.list"
	apt_ get update </dev/null >"$log" 2>&1 ||
		die "could not read the package lists of $suite: $(tail -3 "$log")"
}

# Packages that are not the suite's any more, an older kernel for one, go.
keep_only() {
	local deb
	for deb in "$pkg"/debs/*.deb; do
		[[ " $* " == *" $(dpkg-deb -f "$deb" Package) "* ]] || rm -f "$deb"
	done
}

# Of two versions of one package, keep the newer.
newest_only() {
	local deb name version
	declare -A best=() file=()
	for deb in "$pkg"/debs/*.deb; do
		name=$(dpkg-deb -f "$deb" Package)
		version=$(dpkg-deb -f "$deb" Version)
		if [[ -z ${best[$name]:-} ]] || dpkg --compare-versions "$version" gt "${best[$name]}"; then
			[[ -z ${file[$name]:-} ]] || rm -f "${file[$name]}"
			best[$name]=$version file[$name]=$deb
		else
			rm -f "$deb"
		fi
	done
}

unpack_debs() {
	local deb
	rm -rf "$pkg/root" "$pkg/sums"
	mkdir -p "$pkg/root"
	for deb in "$pkg"/debs/*.deb; do
		dpkg-deb -x "$deb" "$pkg/root"
		dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./md5sums >>"$pkg/sums" 2>/dev/null || true
	done
}

# guest_file PATTERN: the one unpacked file whose path matches, checked against its package's sum.
guest_file() {
	local path rel
	path=$(find "$pkg/root" -type f -path "$pkg/root/$1" | sort -V | tail -1)
	[[ -n $path ]] || die "no file $1 in the packages of $suite; they are in $pkg/debs"
	rel=${path#"$pkg/root/"}
	(cd "$pkg/root" && grep -F "  $rel" "$pkg/sums" | md5sum --quiet -c - >&2) ||
		die "$rel differs from what its package holds"
	echo "$path"
}

package_version() {
	local deb
	for deb in "$pkg/debs/$1"_*.deb; do
		[[ -e $deb ]] && dpkg-deb -f "$deb" Version && return
	done
	echo unknown
}

# Puts the files where the build expects them, and writes down what they are.
take_guest_files() {
	local ovmf vmlinuz busybox stub release
	ovmf=$(guest_file 'usr/share/ovmf/OVMF.fd')
	busybox=$(guest_file 'usr/bin/busybox')
	vmlinuz=$(guest_file '*/vmlinuz*')
	stub=$(guest_file 'usr/lib/systemd/boot/efi/linuxx64.efi.stub')
	release=$(cd "$pkg/root/usr/lib/modules" && printf '%s\n' [0-9]* | sort -V | tail -1)
	mkdir -p "$guest"
	cp "$ovmf" "$guest/OVMF.fd"
	cp "$vmlinuz" "$guest/vmlinuz"
	cp "$busybox" "$guest/busybox"
	cp "$stub" "$guest/efi.stub"
	ln -sfn "$(realpath --relative-to="$guest" "$pkg/root/usr/lib/modules/$release")" \
		"$guest/modules"
	ln -sfn "$(realpath --relative-to="$guest" "$pkg/root")" "$guest/root"
	echo "$release" >"$guest/kernel-release"
	{
		version_line OVMF ovmf-generic "$guest/OVMF.fd"
		version_line kernel linux-image-cloud-amd64 "$guest/vmlinuz"
		version_line busybox busybox-static "$guest/busybox"
	} >"$guest/versions"
	echo "$suite" >"$guest/suite"
}

version_line() {
	printf '%-8s %s %s\n         sha256 %s\n' "$1" "$2" "$(package_version "$2")" \
		"$(sha256sum "$3" | cut -d' ' -f1)"
}

# Other versions than those tried are fine; say so, since they are the first thing to suspect.
notice_untried() {
	local name version
	while read -r name version; do
		[[ -n $name && $name != '#'* ]] || continue
		grep -qxF "$name $version" <(tried_format) ||
			say "note: $name $version is used, which is not among the versions tried (guest/tried-versions)"
	done < <(awk 'NF >= 3 && $1 != "sha256" { print $2, $3 }' "$guest/versions")
}

tried_format() { sed -E 's/[[:space:]]+#.*//; s/[[:space:]]+/ /g' guest/tried-versions; }

report() {
	[[ -e $guest/versions ]] || die "the guest's files are not there yet: make deps"
	cat "$guest/versions"
}

# For those who bring their own packages.
guest_needs() {
	echo "linux-image-*, linux-modules-*, linux-headers-*, linux-kbuild-* of one version; libc6;"
	echo "ovmf-generic, busybox-static, systemd-boot-efi; for tests tpm2-tools with its libraries"
}

# What is unpacked and used where it lies: fetched with an older list of packages, it is not all.
unpacked_complete() {
	local release
	release=$(cd "$pkg/root/usr/lib/modules" 2>/dev/null && printf '%s\n' [0-9]* | sort -V | tail -1)
	[[ -e $pkg/root/usr/src/linux-headers-$release/Module.symvers ]] &&
		[[ -e $pkg/root/usr/lib64/ld-linux-x86-64.so.2 ]] &&
		{ ! wants_guest_tests || [[ -e $pkg/root/usr/bin/tpm2 ]]; }
}

guest_complete() {
	local f
	for f in OVMF.fd vmlinuz busybox efi.stub modules root kernel-release versions; do
		[[ -e $guest/$f ]] || return 1
	done
	[[ $(<"$guest/suite") == "$suite" ]] && unpacked_complete
}

fetch_guest() {
	if [[ -z ${COPRA_UPDATE:-} && -z ${COPRA_DEBS:-} ]] && guest_complete; then
		return 0
	fi
	if [[ -n ${COPRA_UPDATE:-} || -n ${COPRA_DEBS:-} || ! -e $pkg/complete ]] || ! unpacked_complete; then
		rm -f "$pkg/complete"
		fetch_debs
		unpack_debs
		unpacked_complete || die "the packages in $pkg/debs are not all that is needed; there have to be:
$(guest_needs)"
		touch "$pkg/complete"
	fi
	take_guest_files
	report >&2
	notice_untried
}

case ${1:-} in
deps)
	install_host
	fetch_guest
	;;
host)
	install_host
	;;
check)
	guest_complete && [[ -z $(wanted | missing) ]]
	;;
report)
	report
	;;
sources)
	guest_sources
	;;
*)
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
	exit 2
	;;
esac
