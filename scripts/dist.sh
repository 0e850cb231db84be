#!/usr/bin/env bash
# What a release consists of, in bin/dist: archives, .deb and .rpm for each architecture, and their checksums.
#
#   scripts/dist.sh          everything
#   scripts/dist.sh share    only what the program writes about itself (man page, completions), for goreleaser
#
# ARCHES are the architectures, those of this machine's Go and arm64 by default.
set -euo pipefail
cd "$(dirname "$0")/.."

out=bin/dist
share=$out/share
build() { # OS ARCH DIRECTORY
	for program in ferrous ferrous-cache; do
		CGO_ENABLED=0 GOOS=$1 GOARCH=$2 go build -trimpath -ldflags "-s -w" -o "$3/$program" "./cmd/$program"
	done
}

about() { # what PROGRAM writes about itself
	mkdir -p $share
	"$1" docs man | gzip -9n >$share/ferrous.1.gz
	"$1" docs bash >$share/ferrous.bash
	"$1" docs zsh >$share/_ferrous
	"$1" docs fish >$share/ferrous.fish
}

rm -rf $out
mkdir -p $out
host=$out/$(go env GOHOSTARCH)
build "$(go env GOHOSTOS)" "$(go env GOHOSTARCH)" "$host"
about "$host/ferrous"
[ "${1-}" = share ] && exit

VERSION=$("$host/ferrous" --version | sed 's/.* v=\([^ ]*\) .*/\1/')
export VERSION ARCH
for ARCH in ${ARCHES-$(printf '%s\n' "$(go env GOHOSTARCH)" arm64 | sort -u)}; do
	[ "$(go env GOHOSTOS)-$ARCH" = "linux-$(go env GOHOSTARCH)" ] || build linux "$ARCH" "$out/$ARCH"
	tree=ferrous-$VERSION-linux-$ARCH
	mkdir -p "$out/$tree"
	cp -r $out/"$ARCH"/ferrous $out/"$ARCH"/ferrous-cache LICENSE README.md CHANGELOG.md ferrous.hcl $share \
		packaging/systemd/ferrous.service "$out/$tree"
	tar -C $out --sort=name --owner=0 --group=0 --numeric-owner -czf "$out/$tree.tar.gz" "$tree"
	rm -r "${out:?}/$tree"
	for kind in deb rpm; do
		(cd packaging && go build -o ../bin/nfpm github.com/goreleaser/nfpm/v2/cmd/nfpm)
		bin/nfpm package --config packaging/nfpm.yaml --packager $kind --target $out
	done
done
(cd $out && sha256sum ./*.tar.gz ./*.deb ./*.rpm | sed 's|\./||' >SHA256SUMS && cat SHA256SUMS)
