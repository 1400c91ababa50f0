# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# A private apt: own lists, own status (nothing installed); of the system's settings only those of
# how to fetch: proxies, retries, whether dates are checked (not with a frozen mirror). It needs no
# root and changes nothing of the system.

# apt_private_make DIR [SOURCES]: SOURCES are lines of a sources.list; the machine's own otherwise.
# DIR is absolute.
apt_private_make() {
	local apt=$1 list parts=$1/etc/none
	mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,etc/none}
	: >"$apt/state/status"
	list=$apt/etc/sources.list
	if [[ ${2:-} ]]; then
		printf '%s\n' "$2" >"$list"
	else
		eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	fi
	{
		apt-config dump 2>/dev/null | grep '^Acquire::\(http\|https\|ftp\|Retries\|Check-\)' || true
		cat <<-CONF
		Dir::State "$apt/state";
		Dir::State::lists "$apt/state/lists";
		Dir::State::status "$apt/state/status";
		Dir::Cache "$apt/cache";
		Dir::Etc::sourcelist "$list";
		Dir::Etc::sourceparts "$parts";
		Dir::Etc::preferences "$apt/etc/no-file";
		Dir::Etc::preferencesparts "$apt/etc/none";
		Dir::Etc::main "$apt/etc/no-file";
		Dir::Etc::parts "$apt/etc/none";
		APT::Architecture "amd64";
		APT::Architectures "amd64";
		APT::Sandbox::User "root";
		APT::Update::Error-Mode "any";
		Acquire::Languages "none";
		CONF
	} >"$apt/apt.conf"
}

# apt_private DIR TOOL ARGUMENT...: apt-TOOL with that configuration.
apt_private() {
	local apt=$1 tool=$2
	shift 2
	APT_CONFIG=$apt/apt.conf "apt-$tool" -q "$@"
}
